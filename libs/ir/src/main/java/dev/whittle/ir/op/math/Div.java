package dev.whittle.ir.op.math;

import dev.whittle.ir.Op;
import dev.whittle.ir.OpType;
import dev.whittle.ir.Operands;
import dev.whittle.ir.Options;
import dev.whittle.ir.kernel.Kernel;
import dev.whittle.ir.op.Activation;
import dev.whittle.ir.op.common.ElementwiseKernels;
import dev.whittle.ir.op.common.OutputTypes;
import dev.whittle.ir.tensor.TypedShape;
import java.util.List;

/** {@code a / b}, with broadcasting. Integer quotients are rounded toward zero. */
public record Div(Activation activation) implements Op {
  public static final OpType<Div> TYPE = OpType.of("DIV", 42, "DivOptions", 2, 1, Div::decode);

  public Div() {
    this(Activation.NONE);
  }

  private static Div decode(Options options) {
    return new Div(Activation.ofCode(options.integer("fused_activation_function", 0)));
  }

  @Override
  public OpType<Div> type() {
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
          ElementwiseKernels.binaryFloats(FusedActivation.floats((a, b) -> a / b, activation));
      case INT32 ->
          ElementwiseKernels.binaryIntegers(
              FusedActivation.integers(IntegerDivision::divide, activation));
      case INT8, UINT8, INT16 -> QuantizedArithmetic.division(operands, activation);
      default -> throw operands.unsupportedType();
    };
  }
}
