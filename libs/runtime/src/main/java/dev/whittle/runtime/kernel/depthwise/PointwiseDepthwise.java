package dev.whittle.runtime.kernel.depthwise;

import dev.whittle.ir.kernel.Invocation;
import dev.whittle.ir.kernel.Kernel;
import dev.whittle.runtime.kernel.execution.Scratch;
import dev.whittle.runtime.kernel.execution.Workers;
import dev.whittle.runtime.kernel.gemm.FloatGemm;
import dev.whittle.runtime.kernel.geometry.ArraySize;
import dev.whittle.runtime.kernel.geometry.DepthwiseGeometry;
import dev.whittle.runtime.kernel.geometry.WindowGeometry;
import dev.whittle.runtime.kernel.simd.DepthwiseFilter;
import dev.whittle.runtime.kernel.simd.InputRows;
import java.util.Arrays;
import org.jspecify.annotations.Nullable;

/**
 * A pointwise convolution of floats fused with the depthwise convolution that alone reads its
 * output, as in an inverted residual block (Sandler et al., "MobileNetV2", 2018). For one panel of
 * channels after the other, blocks of rows of both are computed in turn, so that the rows between
 * them stay in the first-level cache. Each thread has a ring buffer of the rows that the pointwise
 * convolution has computed last, and a row of zeros for padding. Rows that the chunks of two
 * threads read are computed by both.
 */
public final class PointwiseDepthwise implements Kernel, Workers.Task {
  /**
   * The fewest elements between the two: fewer stay in a second-level or an idle third-level cache.
   */
  private static final int MIN_ELEMENTS = 1 << 19;

  /** Elements of a ring buffer, if rows are not longer: the size of a first-level cache. */
  private static final int RING_ELEMENTS = 1 << 13;

  private final Workers workers;
  private final FloatGemm pointwise;
  private final DepthwiseConvolution depthwise;
  private final WindowGeometry windows;
  private final DepthwiseFilter filter;

  /** Chunks of the rows of an image. */
  private final int parts;

  /** Rows of the output that are computed together. */
  private final int blockRows;

  /** Rows of a ring buffer, which follow the row of padding. */
  private final int slots;

  /** Elements of a row of a ring buffer. */
  private final int rowSize;

  private PointwiseDepthwise(Workers workers, FloatGemm pointwise, DepthwiseConvolution depthwise) {
    this.workers = workers;
    this.pointwise = pointwise;
    this.depthwise = depthwise;
    this.windows = depthwise.windows();
    this.filter = depthwise.filter(DepthwiseGeometry.padded(windows));
    this.parts = Math.clamp(windows.outputHeight(), 1, workers.count());
    this.rowSize = ArraySize.product(windows.reachedColumns(), pointwise.panelWidth(0));
    int rows = 2;
    while (rows < windows.outputHeight()
        && (windows.reachedRows(rows + 2) + 1L) * rowSize <= RING_ELEMENTS) {
      rows += 2;
    }
    this.blockRows = rows;
    this.slots = windows.reachedRows(rows);
    workers.reserve(ArraySize.product(slots + 1, rowSize), 0, 0);
  }

  /** Returns the fused convolutions, or null if they cannot be fused or would not be faster. */
  public static @Nullable PointwiseDepthwise of(
      Workers workers, FloatGemm pointwise, DepthwiseConvolution depthwise) {
    WindowGeometry windows = depthwise.windows();
    long elements = (long) windows.height() * windows.width() * windows.channels();
    boolean fits = pointwise.isPointwise() && depthwise.isOfFloats() && elements >= MIN_ELEMENTS;
    return fits ? new PointwiseDepthwise(workers, pointwise, depthwise) : null;
  }

  @Override
  public void run(Invocation invocation) {
    pointwise.bindInput(invocation);
    depthwise.bindOutput(invocation);
    workers.run(this, windows.batch() * parts * pointwise.panels());
  }

  @Override
  public void run(int chunk, Scratch scratch) {
    int panel = chunk % pointwise.panels();
    int part = chunk / pointwise.panels() % parts;
    int image = chunk / pointwise.panels() / parts;
    int first = part * windows.outputHeight() / parts;
    int last = (part + 1) * windows.outputHeight() / parts;
    int step = pointwise.panelWidth(panel);
    int firstChannel = pointwise.firstColumn(panel);
    int channels = Math.min(step, windows.channels() - firstChannel);
    int columns = Math.min(windows.width(), windows.reachedColumns() - windows.left());
    float[] ring = scratch.input();
    clearPadding(ring, columns, step);
    int computed = 0;
    int height = windows.filterHeight();
    for (int y = first; y < last; y += blockRows) {
      int rows = Math.min(blockRows, last - y);
      int end = Math.min(windows.height(), windows.inputRow(y + rows - 1, height - 1) + 1);
      computed = Math.max(computed, windows.inputRow(y, 0));
      for (; computed < end; computed++) {
        int pixel = (image * windows.height() + computed) * windows.width();
        int to = ringOffset(computed) + windows.left() * step;
        pointwise.pixels(scratch, panel, pixel, columns, ring, to);
      }
      findInputRows(scratch.inputRows, y, rows, firstChannel, step);
      int row = image * windows.outputHeight() + y;
      depthwise.compute(scratch, ring, filter, row, rows, firstChannel, channels);
    }
  }

  /** Finds the rows of the ring buffer that some rows of the output read. */
  private void findInputRows(InputRows inputRows, int y, int rows, int firstChannel, int step) {
    int height = windows.filterHeight();
    inputRows.reserve(rows * height);
    for (int r = 0; r < rows * height; r++) {
      int row = windows.inputRow(y + r / height, r % height);
      int start = row >= 0 && row < windows.height() ? ringOffset(row) : 0;
      // The ring buffer begins with the panel's first channel.
      inputRows.set(r, start - firstChannel, step);
    }
  }

  /** Returns the index in the ring buffer of a row. */
  private int ringOffset(int row) {
    return (1 + row % slots) * rowSize;
  }

  /** Fills the row of padding and the padding of all rows with zeros. */
  private void clearPadding(float[] ring, int columns, int step) {
    int left = windows.left() * step;
    int right = left + columns * step;
    Arrays.fill(ring, 0, rowSize, 0);
    for (int slot = 1; slot <= slots; slot++) {
      Arrays.fill(ring, slot * rowSize, slot * rowSize + left, 0);
      Arrays.fill(ring, slot * rowSize + right, (slot + 1) * rowSize, 0);
    }
  }
}
