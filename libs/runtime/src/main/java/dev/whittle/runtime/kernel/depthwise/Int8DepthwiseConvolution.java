package dev.whittle.runtime.kernel.depthwise;

import dev.whittle.ir.kernel.Invocation;
import dev.whittle.ir.kernel.Kernel;
import dev.whittle.runtime.kernel.execution.Scratch;
import dev.whittle.runtime.kernel.execution.Workers;
import dev.whittle.runtime.kernel.gemm.Int8Epilogue;
import dev.whittle.runtime.kernel.geometry.ArraySize;
import dev.whittle.runtime.kernel.geometry.WindowGeometry;
import dev.whittle.runtime.kernel.simd.AccumulatorBlock;
import dev.whittle.runtime.kernel.simd.Int8DepthwiseFilter;
import org.jspecify.annotations.Nullable;

/**
 * A depthwise 3x3 convolution of bytes that are read where they are, some lines and a vector of
 * channels at a time; other filters copy their input to a slab ({@link DepthwiseConvolution}).
 */
public final class Int8DepthwiseConvolution implements Kernel, Workers.Task {
  private static final long MIN_WORK = 1 << 16;

  /**
   * What a band of lines reads and writes, if lines are not longer: part of a first-level cache.
   */
  private static final int BAND_BYTES = 1 << 14;

  private final Workers workers;
  private final WindowGeometry windows;
  private final Int8DepthwiseFilter filter;
  private final Int8Epilogue epilogue;
  private final RowChunks outputLines;

  /** Lines that are computed together, channels by channels. */
  private final int linesPerBand;

  private Int8DepthwiseConvolution(
      Workers workers, WindowGeometry windows, Int8DepthwiseFilter filter, Int8Epilogue epilogue) {
    this.workers = workers;
    this.windows = windows;
    this.filter = filter;
    this.epilogue = epilogue;
    int height = windows.outputHeight();
    int width = windows.outputWidth();
    this.outputLines = RowChunks.of(windows, workers);
    int step = windows.strideWidth() == 1 ? 2 : 1;
    int most = step;
    while (most < height && bytes(most + step) <= BAND_BYTES) {
      most += step;
    }
    this.linesPerBand = most;
    int pixels = ArraySize.product(linesPerBand, width);
    workers.reserve(0, ArraySize.product(pixels, workers.lanes()), 0);
  }

  /** What the first-level cache is to hold for some lines. */
  private long bytes(int lines) {
    long read = (long) windows.reachedRows(lines) * windows.width() * windows.channels();
    long written = (long) lines * windows.outputWidth();
    return read + written * windows.channels() + written * workers.lanes() * Float.BYTES;
  }

  /**
   * The convolution, or null where it is not of a kind that is read in place.
   *
   * @param bias what sums begin with
   */
  public static @Nullable Int8DepthwiseConvolution of(
      Workers workers,
      WindowGeometry windows,
      float[] weights,
      float[] bias,
      Int8Epilogue epilogue) {
    int stride = windows.strideWidth();
    boolean three = windows.filterHeight() == 3 && windows.filterWidth() == 3;
    boolean adjacent = windows.dilationHeight() == 1 && windows.dilationWidth() == 1;
    boolean fits =
        workers.readBytes()
            && three
            && adjacent
            && (stride == 1 || stride == 2)
            && windows.left() <= 1
            && windows.width() > 0
            && windows.channels() >= workers.lanes();
    return fits
        ? new Int8DepthwiseConvolution(
            workers, windows, epilogue.filter(windows, weights, bias), epilogue)
        : null;
  }

  @Override
  public void run(Invocation invocation) {
    if (windows.outputs() == 0) {
      return;
    }
    epilogue.begin(invocation.input(0), invocation.output(0));
    long work = (long) windows.outputs() * windows.channels() * windows.taps();
    workers.run(this, outputLines.chunks(), work >= MIN_WORK);
  }

  @Override
  public void run(int chunk, Scratch scratch) {
    int image = outputLines.image(chunk);
    int end = outputLines.end(chunk);
    int lanes = workers.lanes();
    int channels = windows.channels();
    for (int y = outputLines.first(chunk); y < end; y += linesPerBand) {
      int lines = Math.min(linesPerBand, end - y);
      outputLines.place(scratch, epilogue.input().offset(), image, y, lines);
      int pixel = (image * windows.outputHeight() + y) * windows.outputWidth();
      int pixels = lines * windows.outputWidth();
      byte[] bytes = epilogue.input().array();
      AccumulatorBlock block = scratch.accumulators.accumulators(0, lanes).rows(pixel, pixels);
      for (int i = 0; i < channels; i += lanes) {
        // The last vector computes again some of what the one before it has.
        int c = Math.min(i, channels - lanes);
        scratch.math.depthwiseBytes(
            bytes, scratch.rows(0), scratch.steps(0), lines, filter, c, scratch.sums(), 0);
        block.columns(c, lanes).output(pixel * channels + c, channels);
        epilogue.finish(scratch, block, false);
      }
    }
  }
}
