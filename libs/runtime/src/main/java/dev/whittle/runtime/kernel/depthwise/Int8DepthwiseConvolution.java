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
 * A depthwise 3x3 convolution of bytes that are read in place, some rows and a vector of channels
 * at a time. {@link DepthwiseConvolution} computes other filters, from copies of the input.
 */
public final class Int8DepthwiseConvolution implements Kernel, Workers.Task {
  private static final long MIN_WORK = 1 << 16;

  /**
   * Bytes that a block of rows reads and writes, if rows are not longer: part of a first-level
   * cache.
   */
  private static final int BLOCK_BYTES = 1 << 14;

  private final Workers workers;
  private final WindowGeometry windows;
  private final Int8DepthwiseFilter filter;
  private final Int8Epilogue epilogue;
  private final RowChunks rowChunks;

  /** Rows of the output that are computed together, a vector of channels at a time. */
  private final int blockRows;

  private Int8DepthwiseConvolution(
      Workers workers, WindowGeometry windows, Int8DepthwiseFilter filter, Int8Epilogue epilogue) {
    this.workers = workers;
    this.windows = windows;
    this.filter = filter;
    this.epilogue = epilogue;
    int height = windows.outputHeight();
    int width = windows.outputWidth();
    this.rowChunks = RowChunks.of(windows, workers);
    int step = windows.strideWidth() == 1 ? 2 : 1;
    int rows = step;
    while (rows < height && bytes(rows + step) <= BLOCK_BYTES) {
      rows += step;
    }
    this.blockRows = rows;
    int pixels = ArraySize.product(blockRows, width);
    workers.reserve(0, ArraySize.product(pixels, workers.lanes()), 0);
  }

  /** Returns the bytes that some rows read and write. */
  private long bytes(int rows) {
    long read = (long) windows.reachedRows(rows) * windows.width() * windows.channels();
    long written = (long) rows * windows.outputWidth();
    return read + written * windows.channels() + written * workers.lanes() * Float.BYTES;
  }

  /**
   * Returns the convolution, or null if its input cannot be read in place.
   *
   * @param weights integers {@code [3, 3, channels]}
   * @param bias one integer for each channel
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
    workers.run(this, rowChunks.chunks(), work >= MIN_WORK);
  }

  @Override
  public void run(int chunk, Scratch scratch) {
    int image = rowChunks.image(chunk);
    int end = rowChunks.end(chunk);
    int lanes = workers.lanes();
    int channels = windows.channels();
    byte[] input = epilogue.input().array();
    float[] sums = scratch.sums();
    AccumulatorBlock block = scratch.accumulators.accumulators(0, lanes);
    for (int y = rowChunks.first(chunk); y < end; y += blockRows) {
      int rows = Math.min(blockRows, end - y);
      rowChunks.findInputRows(scratch, epilogue.input().offset(), image, y, rows);
      int pixel = (image * windows.outputHeight() + y) * windows.outputWidth();
      block.rows(pixel, rows * windows.outputWidth());
      for (int i = 0; i < channels; i += lanes) {
        // The last vector overlaps the one before.
        int c = Math.min(i, channels - lanes);
        scratch.math.depthwiseBytes(input, scratch.inputRows, rows, filter, c, sums, 0);
        block.columns(c, lanes).output(pixel * channels + c, channels);
        epilogue.finish(scratch, block, false);
      }
    }
  }
}
