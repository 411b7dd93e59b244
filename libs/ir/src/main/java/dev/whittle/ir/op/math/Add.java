package dev.whittle.ir.op.math;

import dev.whittle.ir.Op;
import dev.whittle.ir.OpType;
import dev.whittle.ir.Operands;
import dev.whittle.ir.Options;
import dev.whittle.ir.QuantizationRule;
import dev.whittle.ir.kernel.Kernel;
import dev.whittle.ir.op.Activation;
import dev.whittle.ir.op.common.ElementwiseKernels;
import dev.whittle.ir.op.common.OutputTypes;
import dev.whittle.ir.tensor.TensorType;
import dev.whittle.ir.tensor.TypedShape;
import java.util.List;

/**
 * {@code a + b}, with broadcasting.
 *
 * @param activation the fused activation
 * @param powerOfTwoScales whether 16-bit quantized operands are requantized by powers of two if
 *     their scales are powers of two, as files of before TensorFlow 2.4 expect
 */
public record Add(Activation activation, boolean powerOfTwoScales) implements Op {
  public static final OpType<Add> TYPE = OpType.of("ADD", 0, "AddOptions", 2, 1, Add::decode);

  public Add() {
    this(Activation.NONE, true);
  }

  private static Add decode(Options options) {
    return new Add(
        Activation.ofCode(options.integer("fused_activation_function", 0)),
        options.flag("pot_scale_int16", true));
  }

  @Override
  public OpType<Add> type() {
    return TYPE;
  }

  @Override
  public Options options() {
    return Options.of(TYPE.optionTable())
        .with("fused_activation_function", activation.code())
        .with("pot_scale_int16", powerOfTwoScales);
  }

  @Override
  public List<TypedShape> infer(Operands operands) {
    return OutputTypes.broadcast(operands);
  }

  @Override
  public Kernel kernel(Operands operands) {
    return switch (operands.type(0)) {
      case FLOAT32 ->
          ElementwiseKernels.binaryFloats(FusedActivation.floats((a, b) -> a + b, activation));
      case INT32, INT64 ->
          ElementwiseKernels.binaryIntegers(FusedActivation.integers((a, b) -> a + b, activation));
      case INT8, UINT8 -> QuantizedArithmetic.addition(operands, activation, 1);
      case INT16 ->
          !operands.input(0).isQuantized()
              ? ElementwiseKernels.binaryIntegers(
                  FusedActivation.integers((a, b) -> a + b, activation))
              : powerOfTwoScales && QuantizedAdd.hasPowerOfTwoScales(operands)
                  ? QuantizedArithmetic.shiftedAddition(operands, activation, 1)
                  : QuantizedArithmetic.addition(operands, activation, 1);
      default -> throw operands.unsupportedType();
    };
  }

  @Override
  public int version(Operands operands) {
    return switch (operands.type(0)) {
      case INT64 -> 4;
      case INT16 -> powerOfTwoScales ? 2 : 3;
      case INT8 -> 2;
      default -> 1;
    };
  }

  /** Returns this operator for 16-bit scales that need not be powers of two. */
  @Override
  public Op asInteger(TensorType type) {
    return new Add(activation, powerOfTwoScales && type != TensorType.INT16);
  }

  @Override
  public QuantizationRule quantizationRule() {
    return QuantizationRule.of(QuantizationRule.Scales.FREE, TensorType.INT8, TensorType.INT16);
  }
}
