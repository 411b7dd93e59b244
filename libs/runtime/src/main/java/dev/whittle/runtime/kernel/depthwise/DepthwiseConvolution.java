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
import dev.whittle.runtime.kernel.simd.Clamp;
import dev.whittle.runtime.kernel.simd.DepthwiseFilter;
import dev.whittle.runtime.kernel.simd.InputRows;
import dev.whittle.runtime.kernel.simd.MicroKernels;
import org.jspecify.annotations.Nullable;

/**
 * A depthwise convolution with one output channel for each input channel, block by block of output
 * rows. Floats are read in place, with a row of zeros for rows of padding, or, for wide filters,
 * copied to a tile buffer with their padding. Integers are always copied to a tile buffer, as
 * floats.
 */
public final class DepthwiseConvolution implements Kernel, Workers.Task, Im2col.Source {
  private static final long MIN_WORK = 1 << 16;

  /** Elements that a block of rows reads, if rows are not longer: part of a first-level cache. */
  private static final int BLOCK_ELEMENTS = 1 << 12;

  /** Accumulators of a block, which stay in the first-level cache. */
  private static final int BLOCK_SUMS = 1 << 13;

  private final Workers workers;
  private final WindowGeometry windows;
  private final DepthwiseFilter filter;
  private final Clamp clamp;
  private final RowChunks rowChunks;
  private final FloatArray floats = new FloatArray();
  private final FloatArray results = new FloatArray();

  /** Rows of the output that are computed together, channel by channel. */
  private final int blockRows;

  /** Channels whose accumulators are converted to outputs before others are computed. */
  private final int blockChannels;

  /** The copies of the input; null where it is read in place. */
  private final @Nullable Im2col im2col;

  /** The prologue and epilogue of integers; null for floats. */
  private final @Nullable QuantizedEpilogue epilogue;

  private DepthwiseConvolution(
      Workers workers,
      WindowGeometry windows,
      float[] weights,
      float[] bias,
      Clamp clamp,
      @Nullable QuantizedEpilogue epilogue) {
    this.workers = workers;
    this.windows = windows;
    this.clamp = clamp;
    this.epilogue = epilogue;
    boolean integers = epilogue != null;
    // Wide filters have many windows that reach into padding, which would be computed one by one.
    boolean copied = integers || (windows.filterWidth() > 3 && windows.readsPadding());
    this.im2col = copied ? new Im2col(windows, windows.channels(), false, workers) : null;
    DepthwiseGeometry geometry =
        copied ? DepthwiseGeometry.padded(windows) : DepthwiseGeometry.inPlace(windows);
    this.filter = new DepthwiseFilter(geometry, weights, bias);
    this.rowChunks = RowChunks.of(windows, workers);
    this.blockChannels = Math.min(windows.channels(), 2 * workers.lanes());
    int rows =
        integers
            ? BLOCK_SUMS / Math.max(1, windows.outputWidth() * blockChannels)
            : BLOCK_ELEMENTS / Math.max(1, windows.width() * windows.channels());
    this.blockRows = Math.max(2, Math.min(rows / 2 * 2, windows.outputHeight()));
    if (im2col != null) {
      int halves = epilogue == null ? 1 : epilogue.halves();
      int row = ArraySize.product(windows.outputWidth(), blockChannels);
      int sums = integers ? ArraySize.product(blockRows, row) : 0;
      int buffers = ArraySize.product(halves, im2col.bufferSize());
      workers.reserve(buffers, sums, halves > 1 ? sums : 0);
    }
  }

  WindowGeometry windows() {
    return windows;
  }

  /** Returns whether inputs and weights are floats. */
  boolean isOfFloats() {
    return epilogue == null;
  }

  /** Returns the weights with another movement along the rows. */
  DepthwiseFilter filter(DepthwiseGeometry geometry) {
    return filter.withGeometry(geometry);
  }

  /** Creates a convolution of floats. */
  public static DepthwiseConvolution ofFloats(
      Workers workers, WindowGeometry given, float[] weights, float[] bias, Clamp clamp) {
    return new DepthwiseConvolution(workers, given.flattened(), weights, bias, clamp, null);
  }

  /**
   * Creates a convolution of integers.
   *
   * @param weights integers {@code [height, width, channels]}
   * @param bias one integer for each channel
   */
  public static DepthwiseConvolution ofIntegers(
      Workers workers,
      WindowGeometry given,
      float[] weights,
      float[] bias,
      QuantizedEpilogue epilogue) {
    WindowGeometry windows = given.flattened();
    return new DepthwiseConvolution(workers, windows, weights, bias, Clamp.NONE, epilogue);
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
    int chunks = im2col != null ? im2col.chunks() : rowChunks.chunks();
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
    int image = rowChunks.image(chunk);
    int end = rowChunks.end(chunk);
    for (int y = rowChunks.first(chunk); y < end; y += blockRows) {
      int rows = Math.min(blockRows, end - y);
      rowChunks.findInputRows(scratch, floats.offset(), image, y, rows);
      int row = image * windows.outputHeight() + y;
      compute(scratch, floats.array(), filter, row, rows, 0, windows.channels());
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
    int rowSize = from.bufferRowSize();
    int firstRow = from.firstRow(chunk) / windows.outputWidth();
    InputRows inputRows = scratch.inputRows;
    for (int y = 0; y < from.outputRows(chunk); y += blockRows) {
      int rows = Math.min(blockRows, from.outputRows(chunk) - y);
      inputRows.reserve(rows * height);
      for (int r = 0; r < rows * height; r++) {
        int row = (y + r / height) * windows.strideHeight();
        int start = (row + r % height * windows.dilationHeight()) * rowSize;
        inputRows.set(r, start, windows.channels());
      }
      if (to == null) {
        compute(scratch, buffer, filter, firstRow + y, rows, 0, windows.channels());
      } else {
        integers(scratch, firstRow + y, rows, from.bufferSize(), to);
      }
    }
  }

  /** Copies floats to a tile buffer as they are. */
  @Override
  public void copy(int from, float[] buffer, int to, int count, MicroKernels math) {
    System.arraycopy(floats.array(), floats.offset() + from, buffer, to, count);
  }

  /**
   * Computes some rows of floats, from {@link Scratch#inputRows}.
   *
   * @param row the first row, as the output counts them over all images
   * @param firstChannel the first of {@code channels}
   */
  void compute(
      Scratch scratch,
      float[] input,
      DepthwiseFilter depthwiseFilter,
      int row,
      int rows,
      int firstChannel,
      int channels) {
    int rowStride = windows.outputWidth() * windows.channels();
    int to = results.offset() + row * rowStride + firstChannel;
    scratch.depthwise.rows(rows).channels(firstChannel, channels);
    scratch.depthwise.output(to, windows.channels(), rowStride);
    scratch.math.depthwise(
        input, scratch.inputRows, depthwiseFilter, results.array(), scratch.depthwise, clamp);
  }

  /**
   * Computes some rows of integers, block by block of channels.
   *
   * @param bufferSize distance of the tile buffers of halves
   */
  private void integers(Scratch scratch, int row, int rows, int bufferSize, QuantizedEpilogue to) {
    int channels = windows.channels();
    int pixels = rows * windows.outputWidth();
    int inputRows = rows * windows.filterHeight();
    for (int from = 0; from < channels; from += blockChannels) {
      // The last block overlaps the one before, to have a vector at least.
      int c = Math.max(0, Math.min(from, channels - workers.lanes()));
      int count = Math.min(blockChannels, channels - c);
      for (int half = 0; half < to.halves(); half++) {
        accumulate(scratch, rows, c, count);
        if (to.halves() > 1) {
          scratch.addSums(true, pixels * blockChannels);
          scratch.addHalf(half, pixels * blockChannels);
          scratch.inputRows.move(inputRows, half == 0 ? bufferSize : -bufferSize);
        }
      }
      finish(scratch, to, row * windows.outputWidth(), pixels, c, count);
    }
  }

  /** Computes the accumulators of some rows and channels. */
  private void accumulate(Scratch scratch, int rows, int firstChannel, int channels) {
    scratch.depthwise.rows(rows).channels(firstChannel, channels);
    scratch.depthwise.output(0, blockChannels, windows.outputWidth() * blockChannels);
    scratch.math.depthwise(
        scratch.input(), scratch.inputRows, filter, scratch.sums(), scratch.depthwise, clamp);
  }

  /** Converts the accumulators of some channels to outputs. */
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
