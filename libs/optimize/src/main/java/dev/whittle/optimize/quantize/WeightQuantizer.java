package dev.whittle.optimize.quantize;

import dev.whittle.ir.kernel.FixedPoint;
import dev.whittle.ir.tensor.Constant;
import dev.whittle.ir.tensor.Quantization;
import dev.whittle.ir.tensor.Tensor;
import dev.whittle.ir.tensor.TensorType;
import java.lang.foreign.MemorySegment;

/** Converts float constants to integers with given scales, or to half precision. */
final class WeightQuantizer {
  private WeightQuantizer() {}

  /**
   * Returns symmetric integers in the narrow range, from {@code -(2^(bits - 1) - 1)} to {@code
   * 2^(bits - 1) - 1} (TensorFlow Lite 8-bit quantization specification).
   *
   * @param scales one scale, or one for each slice along {@code axis}
   * @param axis the axis of {@code scales} if there are several
   */
  static Constant symmetric(
      float[] weights, int[] dims, float[] scales, int axis, TensorType type) {
    return symmetric(weights, dims, scales, axis, type, -WeightScales.maxInteger(type.bits()));
  }

  /** Returns symmetric integers, those of 8 bits in the full range from -128. */
  static Constant trained(float[] weights, int[] dims, float[] scales, int axis, TensorType type) {
    long min = type == TensorType.INT8 ? Byte.MIN_VALUE : -WeightScales.maxInteger(type.bits());
    return symmetric(weights, dims, scales, axis, type, min);
  }

  private static Constant symmetric(
      float[] weights, int[] dims, float[] scales, int axis, TensorType type, long min) {
    int inner = inner(dims, scales, axis);
    int max = WeightScales.maxInteger(type.bits());
    Tensor stored = allocate(type, dims);
    for (int i = 0; i < weights.length; i++) {
      double scale = scales[scales.length == 1 ? 0 : i / inner % scales.length];
      long q = (long) FixedPoint.roundHalfAway(weights[i] / scale);
      stored.setInteger(i, Math.clamp(q, min, max));
    }
    return Constant.of(stored.data());
  }

  /** Returns integers with a zero point in the full range of the type. */
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

  /** Returns numbers in half precision; larger magnitudes are clamped to its maximum, 65504. */
  static Constant half(float[] numbers, int[] dims) {
    Tensor stored = allocate(TensorType.FLOAT16, dims);
    for (int i = 0; i < numbers.length; i++) {
      float kept = Math.clamp(numbers[i], -65504f, 65504f);
      stored.data().set(Tensor.SHORT, i * 2L, Float.floatToFloat16(kept));
    }
    return Constant.of(stored.data());
  }

  /**
   * Returns a bias in integers.
   *
   * @param scales the scales of the products to which it is added: one, or one for each channel
   * @param type the type of the result: INT32 or INT64
   */
  static Constant bias(float[] bias, double[] scales, TensorType type) {
    Tensor stored = allocate(type, bias.length);
    for (int c = 0; c < bias.length; c++) {
      double scale = scales[scales.length == 1 ? 0 : c];
      stored.setInteger(c, (long) FixedPoint.roundHalfAway(bias[c] / scale));
    }
    return Constant.of(stored.data());
  }

  /** Returns weights after symmetric quantization and dequantization. */
  static float[] dequantized(
      float[] weights, int[] dims, float[] scales, int axis, TensorType type) {
    Constant stored = symmetric(weights, dims, scales, axis, type);
    var tensor = new Tensor(type, dims, null, stored.bytes());
    int inner = inner(dims, scales, axis);
    float[] dequantized = new float[weights.length];
    for (int i = 0; i < dequantized.length; i++) {
      dequantized[i] =
          tensor.getInteger(i) * scales[scales.length == 1 ? 0 : i / inner % scales.length];
    }
    return dequantized;
  }

  /** Returns the number of adjacent elements with the same scale. */
  private static int inner(int[] dims, float[] scales, int axis) {
    int inner = 1;
    for (int i = axis + 1; scales.length > 1 && i < dims.length; i++) {
      inner *= dims[i];
    }
    return inner;
  }

  /** Allocates on the heap, which is cheaper than native memory for many small constants. */
  private static Tensor allocate(TensorType type, int... dims) {
    long elements = 1;
    for (int dim : dims) {
      elements *= dim;
    }
    byte[] bytes = new byte[Math.toIntExact(type.byteSize(elements))];
    return new Tensor(type, dims, null, MemorySegment.ofArray(bytes));
  }
}
