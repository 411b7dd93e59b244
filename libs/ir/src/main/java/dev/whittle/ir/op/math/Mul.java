package dev.whittle.ir.op.math;

import dev.whittle.ir.Op;
import dev.whittle.ir.OpType;
import dev.whittle.ir.Operands;
import dev.whittle.ir.Options;
import dev.whittle.ir.QuantizationRule;
import dev.whittle.ir.kernel.Kernel;
import dev.whittle.ir.op.Activation;
import dev.whittle.ir.op.Requantization;
import dev.whittle.ir.op.common.ElementwiseKernels;
import dev.whittle.ir.op.common.OutputTypes;
import dev.whittle.ir.tensor.TensorType;
import dev.whittle.ir.tensor.TypedShape;
import java.util.List;

/** {@code a * b}, with broadcasting. */
public record Mul(Activation activation) implements Op {
  public static final OpType<Mul> TYPE = OpType.of("MUL", 18, "MulOptions", 2, 1, Mul::decode);

  public Mul() {
    this(Activation.NONE);
  }

  private static Mul decode(Options options) {
    return new Mul(Activation.ofCode(options.integer("fused_activation_function", 0)));
  }

  @Override
  public OpType<Mul> type() {
    return TYPE;
  }

  @Override
  public Options options() {
    return Options.of(TYPE.optionTable()).with("fused_activation_function", activation.code());
  }

  @Override
  public List<TypedShape> infer(Operands operands) {
    return OutputTypes.broadcast(operands);
  }

  @Override
  public Kernel kernel(Operands operands) {
    return switch (operands.type(0)) {
      case FLOAT32 ->
          ElementwiseKernels.binaryFloats(FusedActivation.floats((a, b) -> a * b, activation));
      case INT32, INT64, UINT32 ->
          ElementwiseKernels.binaryIntegers(FusedActivation.integers((a, b) -> a * b, activation));
      case INT16 ->
          operands.input(0).isQuantized()
              ? QuantizedArithmetic.multiplication(operands, activation)
              : ElementwiseKernels.binaryIntegers(
                  FusedActivation.integers((a, b) -> a * b, activation));
      case COMPLEX64 -> ElementwiseKernels.complexProduct();
      case INT8, UINT8 -> QuantizedArithmetic.multiplication(operands, activation);
      default -> throw operands.unsupportedType();
    };
  }

  /** Returns the requantization of products of two stored numbers less their zero points. */
  public Requantization requantization(Operands operands) {
    return QuantizedArithmetic.productRequantization(operands, activation);
  }

  @Override
  public int version(Operands operands) {
    return switch (operands.type(0)) {
      case INT64 -> 6;
      case INT8, INT16 -> 2;
      default -> 1;
    };
  }

  @Override
  public QuantizationRule quantizationRule() {
    return QuantizationRule.of(QuantizationRule.Scales.FREE, TensorType.INT8, TensorType.INT16);
  }
}
