package dev.whittle.ir.op.activation;

import dev.whittle.ir.Op;
import dev.whittle.ir.OpType;
import dev.whittle.ir.Operands;
import dev.whittle.ir.Options;
import dev.whittle.ir.QuantizationRule;
import dev.whittle.ir.kernel.Kernel;
import dev.whittle.ir.op.common.ElementwiseKernels;
import dev.whittle.ir.op.common.OutputTypes;
import dev.whittle.ir.tensor.Quantization;
import dev.whittle.ir.tensor.Tensor;
import dev.whittle.ir.tensor.TensorType;
import dev.whittle.ir.tensor.TypedShape;
import java.util.List;
import java.util.Map;

/** The logistic function, {@code 1 / (1 + e^-x)}. */
public record Logistic() implements Op {
  public static final OpType<Logistic> TYPE =
      OpType.of("LOGISTIC", 14, "", 1, 1, options -> new Logistic());

  @Override
  public OpType<Logistic> type() {
    return TYPE;
  }

  @Override
  public Options options() {
    return Options.of(TYPE.optionTable());
  }

  @Override
  public List<TypedShape> infer(Operands operands) {
    return OutputTypes.sameAsInput(operands);
  }

  @Override
  public Kernel kernel(Operands operands) {
    return switch (operands.type(0)) {
      case FLOAT32 -> ElementwiseKernels.unaryFloats(Logistic::sigmoid);
      case FLOAT16, BFLOAT16 ->
          ElementwiseKernels.unaryFloats(x -> roundedSigmoid(operands.type(0), x));
      case INT8, UINT8 -> ElementwiseKernels.quantizedFunction(operands, Logistic::sigmoid);
      case INT16 -> LogisticInt16.logistic(operands);
      default -> throw operands.unsupportedType();
    };
  }

  @Override
  public int version(Operands operands) {
    return switch (operands.type(0)) {
      case INT8 -> 2;
      case INT16 -> 3;
      default -> 1;
    };
  }

  /** As the built-in kernel, which rounds each step to the type: {@code e^x / (1 + e^x)}. */
  private static float roundedSigmoid(TensorType type, float x) {
    float exponential = Tensor.round(type, (float) Math.exp(x));
    return Float.isInfinite(exponential) ? 1 : exponential / Tensor.round(type, 1 + exponential);
  }

  private static float sigmoid(float x) {
    return (float) (1 / (1 + Math.exp(-x)));
  }

  @Override
  public QuantizationRule quantizationRule() {
    return QuantizationRule.fixed(
        Map.of(
            TensorType.INT8,
            Quantization.perTensor(1f / 256, -128),
            TensorType.INT16,
            Quantization.perTensor(1f / 32768, 0)));
  }
}
