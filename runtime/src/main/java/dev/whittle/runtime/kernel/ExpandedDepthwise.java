package dev.whittle.runtime.kernel;

import dev.whittle.ir.kernel.Invocation;
import dev.whittle.ir.kernel.Kernel;
import java.util.Arrays;
import org.jspecify.annotations.Nullable;

/**
 * A pointwise convolution and the depthwise one that alone reads its output, some lines of both in
 * turn: what lies between them never leaves the second-level cache, and 8-bit numbers stay floats.
 * Each thread has a ring of the lines that were expanded last, and a line of what is beyond the
 * border; where two threads meet, both expand the lines that both read.
 */
final class ExpandedDepthwise implements Kernel, Workers.Task {
  /** Fewer elements stay in the second-level cache anyway. */
  private static final int MIN_ELEMENTS = 1 << 17;

  /** More weights are not read again for each line without loss. */
  private static final int MAX_WEIGHTS = 1 << 14;

  /** Elements of a ring, if lines are not longer: half of what a second-level cache holds. */
  private static final int RING_ELEMENTS = 1 << 16;

  private final Workers workers;
  private final Product expansion;
  private final DepthwiseProduct depthwise;
  private final Windows windows;
  private final DepthwiseRow geometry;
  private final int partsPerPicture;
  private final int linesPerBand;

  /** Lines of a ring, behind the line beyond the border. */
  private final int slots;

  private final int lineSize;

  private ExpandedDepthwise(Workers workers, Product expansion, DepthwiseProduct depthwise) {
    this.workers = workers;
    this.expansion = expansion;
    this.depthwise = depthwise;
    this.windows = depthwise.windows();
    this.geometry = DepthwiseRow.bordered(windows);
    this.partsPerPicture = Math.clamp(windows.outputHeight(), 1, workers.count());
    this.lineSize = Math.multiplyExact(windows.reachedColumns(), windows.channels());
    int lines = 2;
    while (lines < windows.outputHeight()
        && (windows.reachedRows(lines + 2) + 1L) * lineSize <= RING_ELEMENTS) {
      lines += 2;
    }
    this.linesPerBand = lines;
    this.slots = windows.reachedRows(lines);
    depthwise.reserveSums(linesPerBand);
    int ring = Math.multiplyExact(slots + 1, lineSize);
    workers.reserve(Math.addExact(ring, expansion.pixelSpace(windows.width())), 0, 0);
  }

  /** The two in one; null where that is not possible, or no faster. */
  static @Nullable ExpandedDepthwise of(
      Workers workers, Product expansion, DepthwiseProduct depthwise) {
    Windows windows = depthwise.windows();
    long elements = (long) windows.batch() * windows.height() * windows.width();
    boolean fits =
        expansion.isPointwise()
            && expansion.computesPixels()
            && depthwise.takesFloats(expansion instanceof IntegerProduct)
            && expansion.weights() <= MAX_WEIGHTS
            && (long) windows.height() * windows.width() * windows.channels() >= MIN_ELEMENTS
            && elements == expansion.rows();
    return fits ? new ExpandedDepthwise(workers, expansion, depthwise) : null;
  }

  @Override
  public void run(Invocation invocation) {
    expansion.bindInput(invocation);
    depthwise.bindOutput(invocation);
    workers.run(this, windows.batch() * partsPerPicture);
  }

  @Override
  public void run(int chunk, Scratch scratch) {
    int picture = chunk / partsPerPicture;
    int part = chunk % partsPerPicture;
    int first = part * windows.outputHeight() / partsPerPicture;
    int last = (part + 1) * windows.outputHeight() / partsPerPicture;
    int channels = windows.channels();
    int inside = Math.min(windows.width(), windows.reachedColumns() - windows.left());
    float[] ring = scratch.input();
    surround(ring, inside);
    int expanded = 0;
    int filterHeight = windows.filterHeight();
    for (int y = first; y < last; y += linesPerBand) {
      int lines = Math.min(linesPerBand, last - y);
      int end = Math.min(windows.height(), windows.inputRow(y + lines - 1, filterHeight - 1) + 1);
      expanded = Math.max(expanded, windows.inputRow(y, 0));
      for (; expanded < end; expanded++) {
        int pixel = (picture * windows.height() + expanded) * windows.width();
        int to = place(expanded) + windows.left() * channels;
        expansion.pixels(scratch, pixel, inside, ring, to, (slots + 1) * lineSize);
      }
      int[] rows = scratch.rows(lines * filterHeight);
      int[] steps = scratch.steps(lines * filterHeight);
      for (int r = 0; r < lines * filterHeight; r++) {
        int row = windows.inputRow(y + r / filterHeight, r % filterHeight);
        rows[r] = row >= 0 && row < windows.height() ? place(row) : 0;
        steps[r] = channels;
      }
      depthwise.compute(scratch, ring, lines, picture * windows.outputHeight() + y, geometry);
    }
  }

  /** Where a line of the expanded picture is in the ring. */
  private int place(int line) {
    return (1 + line % slots) * lineSize;
  }

  /** Writes what is beyond the border: above and below, and at both ends of each line. */
  private void surround(float[] ring, int inside) {
    float beyond = depthwise.beyond();
    int left = windows.left() * windows.channels();
    int right = left + inside * windows.channels();
    Arrays.fill(ring, 0, lineSize, beyond);
    for (int slot = 1; slot <= slots; slot++) {
      Arrays.fill(ring, slot * lineSize, slot * lineSize + left, beyond);
      Arrays.fill(ring, slot * lineSize + right, (slot + 1) * lineSize, beyond);
    }
  }
}
