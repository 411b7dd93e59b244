package dev.whittle.optimize.quantize;

import dev.whittle.ir.kernel.FixedPoint;
import dev.whittle.ir.tensor.Constant;
import dev.whittle.ir.tensor.Quantization;
import dev.whittle.ir.tensor.Tensor;
import dev.whittle.ir.tensor.TensorType;
import java.lang.foreign.MemorySegment;

/** Float numbers to integers of given scales. */
final class WeightQuantizer {
  private WeightQuantizer() {}

  /**
   * Symmetric integers of a narrow range (quantization notes, section a.3).
   *
   * @param axis the axis of {@code scales}, where there are several
   */
  static Constant symmetric(
      float[] weights, int[] dims, float[] scales, int axis, TensorType type) {
    int inner = inner(dims, scales, axis);
    int greatest = WeightScales.maxInteger(type.bits());
    Tensor stored = allocate(type, dims);
    for (int i = 0; i < weights.length; i++) {
      double scale = scales[scales.length == 1 ? 0 : i / inner % scales.length];
      long q = (long) FixedPoint.roundHalfAway(weights[i] / scale);
      stored.setInteger(i, Math.clamp(q, -greatest, greatest));
    }
    return Constant.of(stored.data());
  }

  /** Integers with a zero point, over the type's whole range. */
  static Constant asymmetric(
      float[] numbers, int[] dims, Quantization parameters, TensorType type) {
    double scale = parameters.scaleValue();
    Tensor stored = allocate(type, dims);
    for (int i = 0; i < numbers.length; i++) {
      long q = (long) FixedPoint.roundHalfAway(numbers[i] / scale) + parameters.zeroPointValue();
      stored.setInteger(i, Math.clamp(q, type.minInteger(), type.maxInteger()));
    }
    return Constant.of(stored.data());
  }

  /** Numbers of half precision; what it cannot hold becomes its greatest number. */
  static Constant half(float[] numbers, int[] dims) {
    Tensor stored = allocate(TensorType.FLOAT16, dims);
    for (int i = 0; i < numbers.length; i++) {
      float kept = Math.clamp(numbers[i], -65504f, 65504f);
      stored.data().set(Tensor.SHORT, i * 2L, Float.floatToFloat16(kept));
    }
    return Constant.of(stored.data());
  }

  /**
   * Biases at the scale of the sums they are added to.
   *
   * @param type INT32 or INT64
   */
  static Constant bias(float[] bias, double[] scales, TensorType type) {
    Tensor stored = allocate(type, bias.length);
    for (int c = 0; c < bias.length; c++) {
      double scale = scales[scales.length == 1 ? 0 : c];
      stored.setInteger(c, (long) FixedPoint.roundHalfAway(bias[c] / scale));
    }
    return Constant.of(stored.data());
  }

  /** The real numbers that symmetric integers stand for. */
  static float[] restored(float[] weights, int[] dims, float[] scales, int axis, TensorType type) {
    Constant stored = symmetric(weights, dims, scales, axis, type);
    var tensor = new Tensor(type, dims, null, stored.bytes());
    int inner = inner(dims, scales, axis);
    float[] restored = new float[weights.length];
    for (int i = 0; i < restored.length; i++) {
      restored[i] =
          tensor.getInteger(i) * scales[scales.length == 1 ? 0 : i / inner % scales.length];
    }
    return restored;
  }

  /** How many adjacent elements have the same scale. */
  private static int inner(int[] dims, float[] scales, int axis) {
    int inner = 1;
    for (int i = axis + 1; scales.length > 1 && i < dims.length; i++) {
      inner *= dims[i];
    }
    return inner;
  }

  /** On the heap: such constants are made in large numbers. */
  private static Tensor allocate(TensorType type, int... dims) {
    long elements = 1;
    for (int dim : dims) {
      elements *= dim;
    }
    byte[] bytes = new byte[Math.toIntExact(type.byteSize(elements))];
    return new Tensor(type, dims, null, MemorySegment.ofArray(bytes));
  }
}
