package dev.whittle.ir.rewrite;

import dev.whittle.ir.Op;
import dev.whittle.ir.Operand;
import dev.whittle.ir.op.shape.ExpandDims;
import dev.whittle.ir.op.shape.Reshape;
import dev.whittle.ir.op.shape.Squeeze;
import dev.whittle.ir.op.shape.Transpose;
import dev.whittle.ir.op.type.Dequantize;
import dev.whittle.ir.op.type.FakeQuant;
import dev.whittle.ir.tensor.Quantization;
import dev.whittle.ir.tensor.Tensor;
import dev.whittle.ir.tensor.TensorType;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * Float constants that state the parameters with which integers represent them exactly: the results
 * of FAKE_QUANT and DEQUANTIZE, and their other layouts. A quantizer takes the stated parameters.
 */
final class TrainedWeights {
  private TrainedWeights() {}

  /**
   * Returns the parameters of an operator's float result.
   *
   * @param inputs the operands of the operator, all of which are known
   * @param result the shape of the result
   * @return null if the result states none
   */
  static @Nullable Quantization of(Op op, List<@Nullable Operand> inputs, Tensor result) {
    Operand input = inputs.isEmpty() ? null : inputs.getFirst();
    if (input == null || result.type() != TensorType.FLOAT32) {
      return null;
    }
    Quantization stated = input.quantization();
    return switch (op) {
      case FakeQuant fake -> fake.parameters();
      case Dequantize d when stated != null && isPlain(stated) -> signed(stated, input.type());
      case Transpose t when isStated(input) -> transposed(stated, inputs.get(1));
      case Reshape r when isStated(input) -> reshaped(stated, input, result);
      case ExpandDims e when isStated(input) -> reshaped(stated, input, result);
      case Squeeze s when isStated(input) -> reshaped(stated, input, result);
      default -> null;
    };
  }

  private static boolean isStated(Operand input) {
    return input.type() == TensorType.FLOAT32 && input.isQuantized();
  }

  private static boolean isPlain(Quantization stated) {
    return stated.isQuantized() && stated.details() == null;
  }

  /** Returns the parameters of signed integers; null for integers of more than 8 bits. */
  private static @Nullable Quantization signed(Quantization stated, TensorType type) {
    return switch (type) {
      case INT4, INT8 -> stated;
      case UINT8 ->
          new Quantization(
              List.of(),
              List.of(),
              stated.scale(),
              stated.zeroPoint().isEmpty()
                  ? List.of((long) Byte.MIN_VALUE)
                  : stated.zeroPoint().stream().map(z -> z + Byte.MIN_VALUE).toList(),
              stated.axis(),
              null);
      default -> null;
    };
  }

  private static @Nullable Quantization transposed(
      @Nullable Quantization stated, @Nullable Operand permutation) {
    Tensor order = permutation == null ? null : permutation.known();
    if (stated == null || !stated.isPerAxis()) {
      return stated;
    }
    for (int i = 0; order != null && i < order.elements(); i++) {
      if (order.getInteger(i) == stated.axis()) {
        return stated.withAxis(i);
      }
    }
    return null;
  }

  /** Returns the parameters with the axis that has the same elements before and in each slice. */
  private static @Nullable Quantization reshaped(
      @Nullable Quantization stated, Operand input, Tensor result) {
    if (stated == null || !stated.isPerAxis()) {
      return stated;
    }
    int[] from = input.shape().toArray();
    long outer = 1;
    for (int i = 0; i < stated.axis(); i++) {
      outer *= from[i];
    }
    long before = 1;
    for (int axis = 0; axis < result.rank(); axis++) {
      if (before == outer && result.dim(axis) == stated.scale().size()) {
        return stated.withAxis(axis);
      }
      before *= result.dim(axis);
    }
    return null;
  }
}
