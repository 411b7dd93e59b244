package dev.whittle.ir.op.recurrent;

import dev.whittle.ir.op.common.RowQuantizer;
import dev.whittle.ir.tensor.OperandException;
import dev.whittle.ir.tensor.Quantization;
import dev.whittle.ir.tensor.Tensor;
import dev.whittle.ir.tensor.TensorType;

/**
 * The vector of matrix-vector products: a buffer of floats, or of 8-bit integers that it quantizes
 * dynamically if the matrix has 8 bits, as hybrid kernels do.
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

  /** Loads {@code newCount} elements of {@code source} from index {@code first}. */
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

  /** Loads all elements of an array. */
  void load(float[] source) {
    load(Tensor.onHeap(source, source.length), 0, source.length);
  }

  /** Returns {@code sum} plus the dot product with a row of a matrix. */
  float accumulate(float sum, Tensor weights, int row) {
    long w = (long) row * count;
    if (!hybrid) {
      float result = sum;
      for (int i = 0; i < count; i++) {
        result += weights.getFloat(w + i) * values[i];
      }
      return result;
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

  /** Returns the first scale of weights, the only one that the native kernels use. */
  static float scale(Tensor weights) {
    Quantization quantization = weights.quantization();
    if (weights.type() == TensorType.FLOAT32 || quantization == null) {
      throw OperandException.unsupported(
          "no kernel for %s weights without quantization parameters", weights.type());
    }
    return quantization.scales()[0];
  }
}
