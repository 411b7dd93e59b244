package dev.whittle.ir.op.activation;

import dev.whittle.ir.Op;
import dev.whittle.ir.OpType;
import dev.whittle.ir.Operands;
import dev.whittle.ir.Options;
import dev.whittle.ir.QuantizationRule;
import dev.whittle.ir.kernel.Kernel;
import dev.whittle.ir.op.common.OutputTypes;
import dev.whittle.ir.tensor.Quantization;
import dev.whittle.ir.tensor.TensorType;
import dev.whittle.ir.tensor.TypedShape;
import java.util.List;
import java.util.Map;

/**
 * The softmax function: {@code e^(beta x)} divided by its sum along the last axis. The output of an
 * 8-bit input may have 16 bits.
 *
 * @param beta the factor of the input, usually 1
 */
public record Softmax(float beta) implements Op {
  public static final OpType<Softmax> TYPE =
      OpType.of(
          "SOFTMAX", 25, "SoftmaxOptions", 1, 1, options -> new Softmax(options.real("beta", 0)));

  @Override
  public OpType<Softmax> type() {
    return TYPE;
  }

  @Override
  public Options options() {
    return Options.of(TYPE.optionTable()).with("beta", beta);
  }

  @Override
  public List<TypedShape> infer(Operands operands) {
    TensorType type = operands.type(0);
    boolean isWider =
        (type == TensorType.INT8 || type == TensorType.UINT8)
            && operands.outputCount() > 0
            && operands.output(0).type() == TensorType.INT16;
    return isWider
        ? List.of(new TypedShape(TensorType.INT16, operands.shape(0)))
        : OutputTypes.sameAsInput(operands);
  }

  @Override
  public Kernel kernel(Operands operands) {
    return switch (operands.type(0)) {
      case FLOAT32 -> SoftmaxKernels.floats(beta);
      case INT8, UINT8 -> SoftmaxKernels.quantized(operands, beta);
      case INT16 -> new SoftmaxInt16(operands.input(0).requireQuantization(), beta);
      default -> throw operands.unsupportedType();
    };
  }

  /**
   * Returns {@code e^(-beta * scale * d)} for each distance d of an 8-bit input from the row's
   * maximum.
   */
  public float[] exponentials(Operands operands) {
    return SoftmaxKernels.exponentials(operands, beta);
  }

  @Override
  public int version(Operands operands) {
    return switch (operands.type(0)) {
      case INT8 -> 2;
      case INT16 -> 3;
      default -> 1;
    };
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
