package dev.whittle.ir.tensor;

import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * How stored integers stand for real numbers: {@code real = scale * (stored - zeroPoint)}. One
 * scale is per-tensor, several are per-axis along {@code axis}. All lists may be empty: old
 * converters write only the {@code min}/{@code max} of calibration, which no kernel reads.
 */
public record Quantization(
    List<Float> min,
    List<Float> max,
    List<Float> scale,
    List<Long> zeroPoint,
    int axis,
    @Nullable Details details) {

  public Quantization {
    min = List.copyOf(min);
    max = List.copyOf(max);
    scale = List.copyOf(scale);
    zeroPoint = List.copyOf(zeroPoint);
  }

  /** Parameters beyond one scale per tensor or slice. */
  public sealed interface Details {
    /** Bytes that only the producing tool understands. */
    record Custom(List<Byte> bytes) implements Details {
      public Custom {
        bytes = List.copyOf(bytes);
      }
    }

    /** Scales and zero points in tensors of their own, one per block of {@code blockSize}. */
    record Blockwise(int scales, int zeroPoints, int blockSize) implements Details {}

    /** As {@link Blockwise}, over several axes. */
    record MultiAxis(int scales, int zeroPoints, int blockSize, List<Integer> axes)
        implements Details {
      public MultiAxis {
        axes = List.copyOf(axes);
      }
    }
  }

  /** One scale and zero point for the whole tensor. */
  public static Quantization perTensor(float scale, long zeroPoint) {
    return new Quantization(List.of(), List.of(), List.of(scale), List.of(zeroPoint), 0, null);
  }

  /** Symmetric per-axis parameters: one scale per slice along {@code axis}, zero points 0. */
  public static Quantization perAxis(float[] scales, int axis) {
    List<Float> list = new ArrayList<>(scales.length);
    for (float scale : scales) {
      list.add(scale);
    }
    return new Quantization(
        List.of(), List.of(), list, Collections.nCopies(scales.length, 0L), axis, null);
  }

  /** Whether there is at least one scale, so that the tensor's integers mean real numbers. */
  public boolean isQuantized() {
    return !scale.isEmpty();
  }

  /** Whether there is more than one scale. */
  public boolean isPerAxis() {
    return scale.size() > 1;
  }

  /**
   * The scale of a per-tensor quantized tensor (the first one of a per-axis one).
   *
   * @throws IllegalStateException if there is none
   */
  public float scaleValue() {
    if (scale.isEmpty()) {
      throw new IllegalStateException("the tensor has no scale");
    }
    return scale.getFirst();
  }

  /** The zero point of a per-tensor quantized tensor; 0 where none is stored. */
  public int zeroPointValue() {
    return zeroPoint.isEmpty() ? 0 : Math.toIntExact(zeroPoint.getFirst());
  }

  /** The scales as an array. */
  public float[] scales() {
    float[] scales = new float[scale.size()];
    for (int i = 0; i < scales.length; i++) {
      scales[i] = scale.get(i);
    }
    return scales;
  }
}
