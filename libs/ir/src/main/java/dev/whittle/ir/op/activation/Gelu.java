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
 * The Gaussian error linear unit, {@code x * P(X <= x)} for a standard normal X (D. Hendrycks and
 * K. Gimpel, 2016).
 *
 * @param approximate whether the probability is approximated by a hyperbolic tangent
 */
public record Gelu(boolean approximate) implements Op {
  public static final OpType<Gelu> TYPE =
      OpType.of(
          "GELU",
          150,
          "GeluOptions",
          1,
          1,
          options -> new Gelu(options.flag("approximate", false)));

  @Override
  public OpType<Gelu> type() {
    return TYPE;
  }

  @Override
  public Options options() {
    return Options.of(TYPE.optionTable()).with("approximate", approximate);
  }

  @Override
  public List<TypedShape> infer(Operands operands) {
    return OutputTypes.sameAsInput(operands);
  }

  @Override
  public Kernel kernel(Operands operands) {
    return switch (operands.type(0)) {
      case FLOAT32 -> ElementwiseKernels.unaryFloats(this::apply);
      case INT8, UINT8, INT16 -> ElementwiseKernels.functionByTable(operands, this::apply);
      default -> throw operands.unsupportedType();
    };
  }

  private static final double SQRT_TWO_OVER_PI = Math.sqrt(2 / Math.PI);

  private float apply(float x) {
    double y =
        approximate
            ? 1 + Math.tanh(SQRT_TWO_OVER_PI * (x + 0.044715 * x * x * x))
            : ErrorFunction.complement(-x / Math.sqrt(2));
    return (float) (0.5 * x * y);
  }

  @Override
  public QuantizationRule quantizationRule() {
    return QuantizationRule.of(QuantizationRule.Scales.FREE, TensorType.INT8);
  }
}
