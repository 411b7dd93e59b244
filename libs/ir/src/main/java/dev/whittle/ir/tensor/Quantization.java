package dev.whittle.ir.tensor;

import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * Quantization parameters: stored integers represent the real numbers {@code scale * (stored -
 * zeroPoint)}. With one scale, quantization is per tensor; with several, it is per axis: each slice
 * along {@code axis} has its own. All lists may be empty, because old converters write only the
 * range of calibration.
 *
 * @param min the smallest real numbers seen in calibration; not used by kernels
 * @param max the largest real numbers seen in calibration; not used by kernels
 * @param scale the scales
 * @param zeroPoint the stored integers that represent 0: one for each scale, one for all, or none
 *     for zero points of 0
 * @param axis the axis that several scales belong to
 * @param details further parameters; null for none
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

  /** Quantization parameters other than one scale for each tensor or slice. */
  public sealed interface Details {
    /**
     * Parameters in a format that only the producing tool knows.
     *
     * @param bytes the parameters as stored
     */
    record Custom(List<Byte> bytes) implements Details {
      public Custom {
        bytes = List.copyOf(bytes);
      }
    }

    /**
     * Block-wise quantization: scales and zero points are in other tensors of the graph.
     *
     * @param scales the id of the value with the scales
     * @param zeroPoints the id of the value with the zero points
     * @param blockSize the number of adjacent elements that share a scale
     */
    record Blockwise(int scales, int zeroPoints, int blockSize) implements Details {}

    /**
     * Block-wise quantization with its parameters in place of their ids, as operators see it.
     *
     * @param scales the scales, one for each block of each row; null if they are no constant
     * @param zeroPoints the zero points, one for each block or one for all; null for zero
     * @param blockSize the number of adjacent elements that share a scale
     */
    record Blocks(@Nullable Tensor scales, @Nullable Tensor zeroPoints, int blockSize)
        implements Details {}

    /**
     * Block-wise quantization along several axes.
     *
     * @param scales the id of the value with the scales
     * @param zeroPoints the id of the value with the zero points
     * @param blockSize the number of adjacent elements that share a scale
     * @param axes the axes
     */
    record MultiAxis(int scales, int zeroPoints, int blockSize, List<Integer> axes)
        implements Details {
      public MultiAxis {
        axes = List.copyOf(axes);
      }
    }
  }

  /** Returns per-tensor parameters. */
  public static Quantization perTensor(float scale, long zeroPoint) {
    return new Quantization(List.of(), List.of(), List.of(scale), List.of(zeroPoint), 0, null);
  }

  /** Returns symmetric per-axis parameters: a scale for each slice, and zero points of 0. */
  public static Quantization perAxis(float[] scales, int axis) {
    List<Float> list = new ArrayList<>(scales.length);
    for (float scale : scales) {
      list.add(scale);
    }
    return new Quantization(
        List.of(), List.of(), list, Collections.nCopies(scales.length, 0L), axis, null);
  }

  /** Returns these parameters with other details. */
  public Quantization withDetails(@Nullable Details other) {
    return new Quantization(min, max, scale, zeroPoint, axis, other);
  }

  /** Returns these parameters for another axis. */
  public Quantization withAxis(int newAxis) {
    return new Quantization(min, max, scale, zeroPoint, newAxis, details);
  }

  /** Returns whether there is a scale, so that stored integers represent real numbers. */
  public boolean isQuantized() {
    return !scale.isEmpty();
  }

  /** Returns whether there is more than one scale. */
  public boolean isPerAxis() {
    return scale.size() > 1;
  }

  /**
   * Returns the scale of per-tensor parameters, or the first one of per-axis parameters.
   *
   * @throws IllegalStateException if there is no scale
   */
  public float scaleValue() {
    if (scale.isEmpty()) {
      throw new IllegalStateException("the tensor has no scale");
    }
    return scale.getFirst();
  }

  /** Returns the zero point of per-tensor parameters; 0 if none is stored. */
  public int zeroPointValue() {
    return zeroPoint.isEmpty() ? 0 : Math.toIntExact(zeroPoint.getFirst());
  }

  /** Returns the scales as a new array. */
  public float[] scales() {
    float[] scales = new float[scale.size()];
    for (int i = 0; i < scales.length; i++) {
      scales[i] = scale.get(i);
    }
    return scales;
  }
}
