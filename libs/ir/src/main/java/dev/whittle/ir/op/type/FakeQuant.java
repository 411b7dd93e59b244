package dev.whittle.ir.op.type;

import dev.whittle.ir.Op;
import dev.whittle.ir.OpType;
import dev.whittle.ir.Operands;
import dev.whittle.ir.Options;
import dev.whittle.ir.kernel.FixedPoint;
import dev.whittle.ir.kernel.Kernel;
import dev.whittle.ir.op.common.ElementwiseKernels;
import dev.whittle.ir.op.common.OutputTypes;
import dev.whittle.ir.tensor.OperandException;
import dev.whittle.ir.tensor.Quantization;
import dev.whittle.ir.tensor.TensorType;
import dev.whittle.ir.tensor.TypedShape;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * Fake quantization: floats rounded to the numbers that quantized integers can represent.
 *
 * @param min the smallest number of the range
 * @param max the largest number of the range
 * @param bits the bits of the integers, from 2 to 16
 * @param narrowRange whether the smallest integer is not used
 */
public record FakeQuant(float min, float max, int bits, boolean narrowRange) implements Op {
  public static final OpType<FakeQuant> TYPE =
      OpType.of(
          "FAKE_QUANT",
          80,
          "FakeQuantOptions",
          1,
          1,
          options ->
              new FakeQuant(
                  options.real("min", 0),
                  options.real("max", 0),
                  options.integer("num_bits", 0),
                  options.flag("narrow_range", false)));

  private static final double ZERO_SCALE = 1e-8;

  @Override
  public OpType<FakeQuant> type() {
    return TYPE;
  }

  @Override
  public Options options() {
    return Options.of(TYPE.optionTable())
        .with("min", min)
        .with("max", max)
        .with("num_bits", bits)
        .with("narrow_range", narrowRange);
  }

  @Override
  public List<TypedShape> infer(Operands operands) {
    return OutputTypes.sameAsInput(operands);
  }

  /**
   * The range of representable numbers.
   *
   * @param low the smallest number
   * @param high the largest number
   * @param scale the distance of adjacent numbers
   */
  public record Range(float low, float high, float scale) {}

  /**
   * Returns the range from {@code min} to {@code max}, shifted so that it contains zero exactly, as
   * {@code NudgeQuantizationRange} of TensorFlow Lite.
   */
  public Range range() {
    float quantMin = narrowRange ? 1 : 0;
    float quantMax = (1 << bits) - 1;
    float scale = (max - min) / (quantMax - quantMin);
    if (scale == 0) {
      return new Range(0, 0, 0);
    }
    float zero = quantMin - min / scale;
    float nudged =
        zero < quantMin ? quantMin : zero > quantMax ? quantMax : FixedPoint.roundHalfAway(zero);
    return new Range((quantMin - nudged) * scale, (quantMax - nudged) * scale, scale);
  }

  /**
   * Returns the parameters of INT8 integers that represent the same numbers, as TensorFlow's
   * converter computes them in {@code fakeQuantAttrsToType}. Fewer bits use fewer of the integers,
   * around a zero point of 0.
   *
   * @return null for more than 8 bits
   */
  public @Nullable Quantization parameters() {
    if (bits > Byte.SIZE || !(min <= max)) {
      return null;
    }
    int lowest = narrowRange ? 1 : 0;
    int highest = (1 << bits) - 1;
    double scale = max == min ? ZERO_SCALE : ((double) max - min) / (highest - lowest);
    boolean minIsExact = lowest + Math.abs(min / scale) < highest + Math.abs(max / scale);
    double zero = minIsExact ? lowest - min / scale : highest - max / scale;
    long zeroPoint = (long) FixedPoint.roundHalfAway(Math.clamp(zero, lowest, highest));
    return new Quantization(
        List.of((float) ((lowest - zeroPoint) * scale)),
        List.of((float) ((highest - zeroPoint) * scale)),
        List.of((float) scale),
        List.of(bits < Byte.SIZE ? 0 : zeroPoint + Byte.MIN_VALUE),
        0,
        null);
  }

  /**
   * Returns the parameters of INT8 integers that represent the same numbers as fake quantization
   * with a range for each slice along an axis. The zero points are those of TensorFlow's kernels.
   *
   * @param min the smallest number of each slice
   * @param max the largest number of each slice
   * @param bits the bits of the integers, from 2 to 8
   */
  public static Quantization parameters(
      float[] min, float[] max, int bits, boolean narrowRange, int axis) {
    List<Float> lows = new ArrayList<>();
    List<Float> highs = new ArrayList<>();
    List<Float> scales = new ArrayList<>();
    List<Long> zeroPoints = new ArrayList<>();
    for (int i = 0; i < min.length; i++) {
      Range range = new FakeQuant(min[i], max[i], bits, narrowRange).range();
      // All numbers of a slice without a range are zero, which any scale represents.
      float scale = range.scale > 0 ? range.scale : (float) ZERO_SCALE;
      long zeroPoint = Math.round((narrowRange ? 1 : 0) - range.low / scale);
      lows.add(range.low);
      highs.add(range.high);
      scales.add(scale);
      // Integers of fewer bits fit around a zero point of 0.
      zeroPoints.add(bits < Byte.SIZE ? 0 : zeroPoint + Byte.MIN_VALUE);
    }
    return new Quantization(lows, highs, scales, zeroPoints, axis, null);
  }

  @Override
  public Kernel kernel(Operands operands) {
    if (operands.type(0) != TensorType.FLOAT32 || bits < 2 || bits > 16 || !(min < max)) {
      throw OperandException.unsupported(
          "no kernel for fake quantization of %s to %d bits in the range %s to %s",
          operands.type(0), bits, min, max);
    }
    Range range = range();
    float low = range.low;
    float scale = range.scale;
    float inverse = 1 / scale;
    return ElementwiseKernels.unaryFloats(
        x -> {
          float shifted = Math.min(Math.max(x, low), range.high) - low;
          return FixedPoint.roundHalfAway(shifted * inverse) * scale + low;
        });
  }

  @Override
  public int version(Operands operands) {
    return narrowRange ? 2 : 1;
  }
}
