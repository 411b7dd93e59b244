package dev.whittle.runtime.kernel.depthwise;

import dev.whittle.ir.kernel.Invocation;
import dev.whittle.ir.kernel.Kernel;
import dev.whittle.runtime.kernel.execution.FloatArray;
import dev.whittle.runtime.kernel.execution.Scratch;
import dev.whittle.runtime.kernel.execution.Workers;
import dev.whittle.runtime.kernel.gemm.Im2col;
import dev.whittle.runtime.kernel.gemm.QuantizedEpilogue;
import dev.whittle.runtime.kernel.geometry.ArraySize;
import dev.whittle.runtime.kernel.geometry.DepthwiseGeometry;
import dev.whittle.runtime.kernel.geometry.WindowGeometry;
import dev.whittle.runtime.kernel.simd.AccumulatorBlock;
import dev.whittle.runtime.kernel.simd.MicroKernels;
import org.jspecify.annotations.Nullable;

/**
 * A depthwise convolution of one output channel for each input channel, some lines of the output at
 * a time. Floats are read in place, with a column of zeros for lines beyond the border, or, if
 * filters are wide, copied to a slab with zeros around them; where whole numbers are multiplied,
 * the lines that are read are copied to a slab as such.
 */
public final class DepthwiseConvolution implements Kernel, Workers.Task, Im2col.Source {
  private static final long MIN_WORK = 1 << 16;

  /**
   * Elements of a band of lines that are read, if lines are not longer: part of a first-level
   * cache.
   */
  private static final int BAND_ELEMENTS = 1 << 12;

  /** Sums that stay in the first-level cache. */
  private static final int BLOCK_SUMS = 1 << 13;

  private final Workers workers;
  private final WindowGeometry windows;
  private final float[] weights;
  private final float[] bias;
  private final float min;
  private final float max;
  private final RowChunks outputLines;
  private final FloatArray floats = new FloatArray();
  private final FloatArray results = new FloatArray();
  private final DepthwiseGeometry geometry;

  /** Lines that are computed together, channel by channel. */
  private final int linesPerBand;

  /** Channels whose sums are made outputs before those of others are computed. */
  private final int blockChannels;

  /** Where lines are copied to a slab; null where they are read in place. */
  private final @Nullable Im2col im2col;

  /** What is before and behind whole numbers; null for floats. */
  private final @Nullable QuantizedEpilogue epilogue;

  private DepthwiseConvolution(
      Workers workers,
      WindowGeometry windows,
      float[] weights,
      float[] bias,
      float min,
      float max,
      @Nullable QuantizedEpilogue epilogue) {
    this.workers = workers;
    this.windows = windows;
    this.weights = weights;
    this.bias = bias;
    this.min = min;
    this.max = max;
    this.epilogue = epilogue;
    boolean whole = epilogue != null;
    // Windows of wide filters that reach beyond the border are many, and computed one by one.
    boolean copied = whole || (windows.filterWidth() > 3 && windows.reachesBeyond());
    this.im2col = copied ? new Im2col(windows, windows.channels(), false, workers) : null;
    this.geometry =
        copied ? DepthwiseGeometry.bordered(windows) : DepthwiseGeometry.inPlace(windows);
    this.outputLines = RowChunks.of(windows, workers);
    this.blockChannels = Math.min(windows.channels(), 2 * workers.lanes());
    int most =
        whole
            ? BLOCK_SUMS / Math.max(1, windows.outputWidth() * blockChannels)
            : BAND_ELEMENTS / Math.max(1, windows.width() * windows.channels());
    this.linesPerBand = Math.max(2, Math.min(most / 2 * 2, windows.outputHeight()));
    if (im2col != null) {
      int halves = epilogue == null ? 1 : epilogue.halves();
      int line = ArraySize.product(windows.outputWidth(), blockChannels);
      int sums = whole ? ArraySize.product(linesPerBand, line) : 0;
      int buffers = ArraySize.product(halves, im2col.bufferSize());
      workers.reserve(buffers, sums, halves > 1 ? sums : 0);
    }
  }

  WindowGeometry windows() {
    return windows;
  }

  /** Whether inputs and weights are floats. */
  boolean isOfFloats() {
    return epilogue == null;
  }

  public static DepthwiseConvolution ofFloats(
      Workers workers, WindowGeometry given, float[] weights, float[] bias, float min, float max) {
    return new DepthwiseConvolution(workers, given.flattened(), weights, bias, min, max, null);
  }

  /**
   * Whole numbers.
   *
   * @param bias what sums begin with, one for each channel
   */
  public static DepthwiseConvolution ofSums(
      Workers workers,
      WindowGeometry given,
      float[] weights,
      float[] bias,
      QuantizedEpilogue epilogue) {
    float all = Float.POSITIVE_INFINITY;
    WindowGeometry windows = given.flattened();
    return new DepthwiseConvolution(workers, windows, weights, bias, -all, all, epilogue);
  }

  @Override
  public void run(Invocation invocation) {
    if (windows.outputs() == 0 || windows.channels() == 0) {
      return;
    }
    if (epilogue != null) {
      epilogue.begin(invocation.input(0), invocation.output(0));
    } else {
      floats.bind(invocation.input(0));
      bindOutput(invocation);
    }
    int chunks = im2col != null ? im2col.chunks() : outputLines.chunks();
    long work = (long) windows.outputs() * windows.channels() * windows.taps();
    workers.run(this, chunks, work >= MIN_WORK);
  }

  /** Binds an output of floats. */
  void bindOutput(Invocation invocation) {
    results.bindOutput(invocation.output(0));
  }

  @Override
  public void run(int chunk, Scratch scratch) {
    if (im2col != null) {
      inBuffer(chunk, scratch, im2col, epilogue);
    } else {
      inPlace(chunk, scratch);
    }
  }

  private void inPlace(int chunk, Scratch scratch) {
    int image = outputLines.image(chunk);
    int end = outputLines.end(chunk);
    for (int y = outputLines.first(chunk); y < end; y += linesPerBand) {
      int lines = Math.min(linesPerBand, end - y);
      outputLines.place(scratch, floats.offset(), image, y, lines);
      int line = image * windows.outputHeight() + y;
      compute(scratch, floats.array(), lines, line, geometry, 0, windows.channels());
    }
  }

  private void inBuffer(int chunk, Scratch scratch, Im2col from, @Nullable QuantizedEpilogue to) {
    float[] buffer = scratch.input();
    if (to == null) {
      from.fill(chunk, this, 0, buffer, 0, scratch.math);
    } else {
      for (int half = 0; half < to.halves(); half++) {
        int at = half * from.bufferSize();
        from.fill(chunk, to.source(half), to.paddingValue(), buffer, at, scratch.math);
      }
    }
    int height = windows.filterHeight();
    int lineSize = from.bufferLine();
    int firstLine = from.firstRow(chunk) / windows.outputWidth();
    for (int y = 0; y < from.lines(chunk); y += linesPerBand) {
      int lines = Math.min(linesPerBand, from.lines(chunk) - y);
      int[] rows = scratch.rows(lines * height);
      int[] steps = scratch.steps(lines * height);
      for (int r = 0; r < lines * height; r++) {
        int row = (y + r / height) * windows.strideHeight();
        rows[r] = (row + r % height * windows.dilationHeight()) * lineSize;
        steps[r] = windows.channels();
      }
      if (to == null) {
        compute(scratch, buffer, lines, firstLine + y, geometry, 0, windows.channels());
      } else {
        sums(scratch, lines, firstLine + y, from.bufferSize(), to);
      }
    }
  }

  /** Copies floats to a slab as they are. */
  @Override
  public void copy(int from, float[] buffer, int to, int count, MicroKernels math) {
    System.arraycopy(floats.array(), floats.offset() + from, buffer, to, count);
  }

  /**
   * Computes some lines of floats, for which the scratch space has the rows of input and their
   * steps.
   *
   * @param line the first line, as the output counts them
   * @param firstChannel the first of {@code channels}
   */
  void compute(
      Scratch scratch,
      float[] input,
      int lines,
      int line,
      DepthwiseGeometry row,
      int firstChannel,
      int channels) {
    int outputLine = windows.outputWidth() * windows.channels();
    scratch.math.depthwise(
        input,
        scratch.rows(0),
        scratch.steps(0),
        lines,
        row,
        weights,
        bias,
        firstChannel,
        channels,
        results.array(),
        results.offset() + line * outputLine + firstChannel,
        windows.channels(),
        outputLine,
        min,
        max);
  }

  /**
   * Sums of some lines, block of channels by block of channels, and what becomes of them.
   *
   * @param buffer how far apart the slabs of halves are
   */
  private void sums(Scratch scratch, int lines, int line, int buffer, QuantizedEpilogue to) {
    int channels = windows.channels();
    int pixels = lines * windows.outputWidth();
    int rows = lines * windows.filterHeight();
    for (int from = 0; from < channels; from += blockChannels) {
      // The last block computes again some of what the one before it has, to have a vector at
      // least.
      int c = Math.max(0, Math.min(from, channels - workers.lanes()));
      int count = Math.min(blockChannels, channels - c);
      for (int half = 0; half < to.halves(); half++) {
        sums(scratch, lines, c, count);
        if (to.halves() > 1) {
          scratch.addSums(true, pixels * blockChannels);
          scratch.addHalf(half, pixels * blockChannels);
          move(scratch.rows(rows), rows, half == 0 ? buffer : -buffer);
        }
      }
      finish(scratch, to, line * windows.outputWidth(), pixels, c, count);
    }
  }

  private static void move(int[] places, int count, int by) {
    for (int i = 0; i < count; i++) {
      places[i] += by;
    }
  }

  private void sums(Scratch scratch, int lines, int firstChannel, int channels) {
    scratch.math.depthwise(
        scratch.input(),
        scratch.rows(0),
        scratch.steps(0),
        lines,
        geometry,
        weights,
        bias,
        firstChannel,
        channels,
        scratch.sums(),
        0,
        blockChannels,
        windows.outputWidth() * blockChannels,
        min,
        max);
  }

  /** Makes outputs of the sums of some channels. */
  private void finish(
      Scratch scratch, QuantizedEpilogue to, int first, int pixels, int channel, int count) {
    int channels = windows.channels();
    AccumulatorBlock block = scratch.accumulators.columns(channel, count);
    for (int done = 0; done < pixels; ) {
      int row = first + done;
      int rows = to.rowsOfOneScale(row, pixels - done);
      block.accumulators(done * blockChannels, blockChannels).rows(row, rows);
      block.output(row * channels + channel, channels);
      to.finish(scratch, block, false);
      done += rows;
    }
  }
}
