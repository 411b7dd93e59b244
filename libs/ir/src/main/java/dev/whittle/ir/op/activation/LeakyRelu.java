package dev.whittle.ir.op.activation;

import dev.whittle.ir.Op;
import dev.whittle.ir.OpType;
import dev.whittle.ir.Operands;
import dev.whittle.ir.Options;
import dev.whittle.ir.QuantizationRule;
import dev.whittle.ir.kernel.Kernel;
import dev.whittle.ir.op.common.ElementwiseKernels;
import dev.whittle.ir.op.common.OutputTypes;
import dev.whittle.ir.tensor.TensorType;
import dev.whittle.ir.tensor.TypedShape;
import java.util.List;

/**
 * The leaky rectified linear unit: {@code x} for positive x, otherwise {@code alpha * x}.
 *
 * @param alpha the slope for negative inputs
 */
public record LeakyRelu(float alpha) implements Op {
  public static final OpType<LeakyRelu> TYPE =
      OpType.of(
          "LEAKY_RELU",
          98,
          "LeakyReluOptions",
          1,
          1,
          options -> new LeakyRelu(options.real("alpha", 0)));

  @Override
  public OpType<LeakyRelu> type() {
    return TYPE;
  }

  @Override
  public Options options() {
    return Options.of(TYPE.optionTable()).with("alpha", alpha);
  }

  @Override
  public List<TypedShape> infer(Operands operands) {
    return OutputTypes.sameAsInput(operands);
  }

  @Override
  public Kernel kernel(Operands operands) {
    return switch (operands.type(0)) {
      case FLOAT32 -> ElementwiseKernels.unaryFloats(x -> x > 0 ? x : x * alpha);
      case INT8, UINT8, INT16 -> QuantizedActivations.leakyRelu(operands, alpha);
      default -> throw operands.unsupportedType();
    };
  }

  @Override
  public QuantizationRule quantizationRule() {
    return QuantizationRule.of(QuantizationRule.Scales.FREE, TensorType.INT8, TensorType.INT16);
  }
}
