package dev.whittle.runtime.kernel.gemm;

import dev.whittle.ir.op.common.RowScale;
import dev.whittle.ir.tensor.Tensor;
import dev.whittle.runtime.kernel.execution.FloatArray;
import dev.whittle.runtime.kernel.execution.Scratch;
import dev.whittle.runtime.kernel.execution.Workers;
import dev.whittle.runtime.kernel.geometry.ArraySize;
import dev.whittle.runtime.kernel.simd.MicroKernels;
import dev.whittle.runtime.kernel.simd.RowQuantization;
import java.util.Arrays;

/**
 * The input of a hybrid kernel: rows of floats that are quantized dynamically to integers relative
 * to their zero point. A run first finds the range of each row; elements are quantized when they
 * are copied.
 */
public final class DynamicallyQuantizedRows implements Workers.Task, Im2col.Source {
  /** Elements of a part of a row, whose range is found by one thread. */
  private static final int PART = 1 << 13;

  /** The fewest elements that are worth another thread. */
  private static final int MIN_SHARED = 1 << 15;

  private final int rows;
  private final int length;
  private final boolean asymmetric;
  private final Workers workers;
  private final float[] scales;
  private final RowQuantization[] quantizations;
  private final RowScale scale = new RowScale();
  private final int partsPerRow;
  private final float[] minima;
  private final float[] maxima;
  private final FloatArray input = new FloatArray();

  public DynamicallyQuantizedRows(Workers workers, int rows, int length, boolean asymmetric) {
    this.workers = workers;
    this.rows = rows;
    this.length = length;
    this.asymmetric = asymmetric;
    this.scales = new float[rows];
    this.quantizations = new RowQuantization[rows];
    Arrays.setAll(quantizations, row -> new RowQuantization());
    this.partsPerRow = Math.max(1, Math.ceilDiv(length, PART));
    this.minima = new float[ArraySize.product(rows, partsPerRow)];
    this.maxima = new float[minima.length];
  }

  /** Binds a tensor and finds the scales of its rows. */
  public void begin(Tensor floats) {
    input.bind(floats);
    workers.run(this, minima.length, (long) rows * length >= MIN_SHARED);
    for (int row = 0; row < rows; row++) {
      findScale(row);
    }
  }

  @Override
  public void run(int part, Scratch scratch) {
    int first = part % partsPerRow * PART;
    int at = input.offset() + part / partsPerRow * length + first;
    scratch.math.range(input.array(), at, Math.min(PART, length - first), minima, maxima, part);
  }

  private void findScale(int row) {
    float min = 0;
    float max = 0;
    for (int part = row * partsPerRow; part < (row + 1) * partsPerRow; part++) {
      min = Math.min(min, minima[part]);
      max = Math.max(max, maxima[part]);
    }
    scale.set(min, max, asymmetric);
    scales[row] = scale.scale();
    quantizations[row].set(scale.inverse(), scale.zeroPoint(), scale.low(), RowScale.HIGH);
  }

  /** Quantizes some elements, perhaps of several rows. */
  @Override
  public void copy(int from, float[] buffer, int to, int count, MicroKernels math) {
    for (int done = 0; done < count; ) {
      int row = (from + done) / length;
      int part = Math.min(count - done, (row + 1) * length - from - done);
      int at = input.offset() + from + done;
      math.quantizeRow(input.array(), at, quantizations[row], buffer, to + done, part);
      done += part;
    }
  }

  /** Returns the scale of a row. */
  public float scale(int row) {
    return scales[row];
  }
}
