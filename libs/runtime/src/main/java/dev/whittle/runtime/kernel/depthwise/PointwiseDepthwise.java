package dev.whittle.runtime.kernel.depthwise;

import dev.whittle.ir.kernel.Invocation;
import dev.whittle.ir.kernel.Kernel;
import dev.whittle.runtime.kernel.execution.Scratch;
import dev.whittle.runtime.kernel.execution.Workers;
import dev.whittle.runtime.kernel.gemm.FloatGemm;
import dev.whittle.runtime.kernel.geometry.ArraySize;
import dev.whittle.runtime.kernel.geometry.DepthwiseGeometry;
import dev.whittle.runtime.kernel.geometry.WindowGeometry;
import java.util.Arrays;
import org.jspecify.annotations.Nullable;

/**
 * A pointwise convolution of floats and the depthwise one that alone reads its output, a panel of
 * channels and some lines of both in turn: what lies between them hardly leaves the first-level
 * cache. Each thread has a ring of the lines that were expanded last, and a line of the zeros that
 * are beyond the border; where two parts of a picture meet, both expand the lines that both read.
 */
public final class PointwiseDepthwise implements Kernel, Workers.Task {
  /** Fewer elements come from the second-level or a quiet third-level cache as fast. */
  private static final int MIN_ELEMENTS = 1 << 19;

  /** Elements of a ring, if lines are not longer: what a first-level cache holds. */
  private static final int RING_ELEMENTS = 1 << 13;

  private final Workers workers;
  private final FloatGemm expansion;
  private final DepthwiseConvolution depthwise;
  private final WindowGeometry windows;
  private final DepthwiseGeometry geometry;
  private final int parts;
  private final int linesPerBand;

  /** Lines of a ring, behind the line beyond the border. */
  private final int slots;

  /** Elements of a line of a ring. */
  private final int lineSize;

  private PointwiseDepthwise(Workers workers, FloatGemm expansion, DepthwiseConvolution depthwise) {
    this.workers = workers;
    this.expansion = expansion;
    this.depthwise = depthwise;
    this.windows = depthwise.windows();
    this.geometry = DepthwiseGeometry.bordered(windows);
    this.parts = Math.clamp(windows.outputHeight(), 1, workers.count());
    this.lineSize = ArraySize.product(windows.reachedColumns(), expansion.panelWidth(0));
    int lines = 2;
    while (lines < windows.outputHeight()
        && (windows.reachedRows(lines + 2) + 1L) * lineSize <= RING_ELEMENTS) {
      lines += 2;
    }
    this.linesPerBand = lines;
    this.slots = windows.reachedRows(lines);
    workers.reserve(ArraySize.product(slots + 1, lineSize), 0, 0);
  }

  /** The two in one; null where that is not possible, or no faster. */
  public static @Nullable PointwiseDepthwise of(
      Workers workers, FloatGemm expansion, DepthwiseConvolution depthwise) {
    WindowGeometry windows = depthwise.windows();
    long elements = (long) windows.height() * windows.width() * windows.channels();
    boolean fits = expansion.isPointwise() && depthwise.isOfFloats() && elements >= MIN_ELEMENTS;
    return fits ? new PointwiseDepthwise(workers, expansion, depthwise) : null;
  }

  @Override
  public void run(Invocation invocation) {
    expansion.bindInput(invocation);
    depthwise.bindOutput(invocation);
    workers.run(this, windows.batch() * parts * expansion.panels());
  }

  @Override
  public void run(int chunk, Scratch scratch) {
    int panel = chunk % expansion.panels();
    int part = chunk / expansion.panels() % parts;
    int image = chunk / expansion.panels() / parts;
    int first = part * windows.outputHeight() / parts;
    int last = (part + 1) * windows.outputHeight() / parts;
    int step = expansion.panelWidth(panel);
    int firstChannel = expansion.firstColumn(panel);
    int inside = Math.min(windows.width(), windows.reachedColumns() - windows.left());
    float[] ring = scratch.input();
    surround(ring, inside, step);
    int expanded = 0;
    int height = windows.filterHeight();
    for (int y = first; y < last; y += linesPerBand) {
      int lines = Math.min(linesPerBand, last - y);
      int end = Math.min(windows.height(), windows.inputRow(y + lines - 1, height - 1) + 1);
      expanded = Math.max(expanded, windows.inputRow(y, 0));
      for (; expanded < end; expanded++) {
        int pixel = (image * windows.height() + expanded) * windows.width();
        int to = place(expanded) + windows.left() * step;
        expansion.pixels(scratch, panel, pixel, inside, ring, to);
      }
      int[] rows = scratch.rows(lines * height);
      int[] steps = scratch.steps(lines * height);
      for (int r = 0; r < lines * height; r++) {
        int row = windows.inputRow(y + r / height, r % height);
        // The ring has none of the channels before.
        rows[r] = (row >= 0 && row < windows.height() ? place(row) : 0) - firstChannel;
        steps[r] = step;
      }
      int line = image * windows.outputHeight() + y;
      int channels = Math.min(step, windows.channels() - firstChannel);
      depthwise.compute(scratch, ring, lines, line, geometry, firstChannel, channels);
    }
  }

  /** Where a line of the expanded picture is in the ring. */
  private int place(int line) {
    return (1 + line % slots) * lineSize;
  }

  /** Writes zeros beyond the border: above and below, and at both ends of each line. */
  private void surround(float[] ring, int inside, int step) {
    int left = windows.left() * step;
    int right = left + inside * step;
    Arrays.fill(ring, 0, lineSize, 0);
    for (int slot = 1; slot <= slots; slot++) {
      Arrays.fill(ring, slot * lineSize, slot * lineSize + left, 0);
      Arrays.fill(ring, slot * lineSize + right, (slot + 1) * lineSize, 0);
    }
  }
}
