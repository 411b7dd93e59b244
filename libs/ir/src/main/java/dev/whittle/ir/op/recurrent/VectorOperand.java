package dev.whittle.ir.op.recurrent;

import dev.whittle.ir.op.common.RowQuantizer;
import dev.whittle.ir.tensor.OperandException;
import dev.whittle.ir.tensor.Quantization;
import dev.whittle.ir.tensor.Tensor;
import dev.whittle.ir.tensor.TensorType;

/**
 * A row of floats to be multiplied with rows of weights: in floats, or quantized once where the
 * weights have 8 bits, as hybrid kernels do.
 */
final class VectorOperand {
  private final RowQuantizer quantizer = new RowQuantizer();
  private final boolean hybrid;
  private final boolean asymmetric;
  private float[] values = {};
  private int count;

  VectorOperand(boolean hybrid, boolean asymmetric) {
    this.hybrid = hybrid;
    this.asymmetric = asymmetric;
  }

  /** Takes {@code newCount} elements from index {@code first}. */
  void load(Tensor source, long first, int newCount) {
    count = newCount;
    if (hybrid) {
      quantizer.quantize(source, first, newCount, asymmetric);
      return;
    }
    if (values.length < newCount) {
      values = new float[newCount];
    }
    for (int i = 0; i < newCount; i++) {
      values[i] = source.getFloat(first + i);
    }
  }

  void load(float[] source) {
    load(Tensor.onHeap(source, source.length), 0, source.length);
  }

  /** The sum so far and the product with a row of a matrix. */
  float accumulate(float sum, Tensor weights, int row) {
    long w = (long) row * count;
    if (!hybrid) {
      float total = sum;
      for (int i = 0; i < count; i++) {
        total += weights.getFloat(w + i) * values[i];
      }
      return total;
    }
    byte[] quantized = quantizer.values();
    int product = 0;
    int weightSum = 0;
    for (int i = 0; i < count; i++) {
      int weight = (int) weights.getInteger(w + i);
      product += weight * quantized[i];
      weightSum += weight;
    }
    product -= quantizer.zeroPoint() * weightSum;
    return sum + product * (quantizer.scale() * scale(weights));
  }

  /** The one scale that native kernels take from weights of recurrent operators. */
  static float scale(Tensor weights) {
    Quantization quantization = weights.quantization();
    if (weights.type() == TensorType.FLOAT32 || quantization == null) {
      throw OperandException.unsupported("weights of %s in a hybrid layer", weights.type());
    }
    return quantization.scales()[0];
  }
}
