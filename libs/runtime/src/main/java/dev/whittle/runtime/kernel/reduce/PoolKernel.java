package dev.whittle.runtime.kernel.reduce;

import dev.whittle.ir.kernel.Invocation;
import dev.whittle.ir.kernel.Kernel;
import dev.whittle.ir.op.Activation.Bounds;
import dev.whittle.ir.tensor.Tensor;
import dev.whittle.runtime.kernel.execution.ByteArray;
import dev.whittle.runtime.kernel.execution.FloatArray;
import dev.whittle.runtime.kernel.execution.Scratch;
import dev.whittle.runtime.kernel.execution.StridedOutput;
import dev.whittle.runtime.kernel.execution.Workers;
import dev.whittle.runtime.kernel.gemm.Im2col;
import dev.whittle.runtime.kernel.geometry.WindowGeometry;
import dev.whittle.runtime.kernel.simd.Clamp;
import dev.whittle.runtime.kernel.simd.MicroKernels;

/** Maximum or average pooling; averages are over the elements of a window within the image. */
public abstract class PoolKernel implements Kernel, Workers.Task, StridedOutput {
  private final Workers workers;
  final WindowGeometry windows;
  private final int linesPerChunk;
  private final int chunksPerImage;
  private int columns;
  private int firstColumn;

  private PoolKernel(Workers workers, WindowGeometry given) {
    this.workers = workers;
    this.windows = given.flattened();
    this.columns = windows.channels();
    this.linesPerChunk = Math.max(1, Math.ceilDiv(windows.outputHeight(), 4 * workers.count()));
    this.chunksPerImage = Math.ceilDiv(windows.outputHeight(), linesPerChunk);
  }

  public static PoolKernel ofFloats(
      Workers workers, WindowGeometry windows, boolean average, Clamp clamp) {
    return new OfFloats(workers, windows, average, clamp);
  }

  public static PoolKernel ofBytes(
      Workers workers, WindowGeometry windows, boolean average, boolean unsigned, Bounds bounds) {
    return average
        ? new MeanOfBytes(workers, windows, unsigned, bounds)
        : new GreatestByte(workers, windows, unsigned, bounds);
  }

  /** Returns whether averages of bytes are exact, in their sums and in their quotients. */
  public static boolean isExact(WindowGeometry windows) {
    return windows.taps() <= 1 << 15;
  }

  @Override
  public final void writeTo(int wider, int first) {
    columns = wider;
    firstColumn = first;
  }

  @Override
  public final void run(Invocation invocation) {
    if (windows.outputs() > 0 && windows.channels() > 0) {
      bind(invocation.input(0), invocation.output(0));
      workers.run(this, chunks());
    }
  }

  int chunks() {
    return windows.batch() * chunksPerImage;
  }

  abstract void bind(Tensor input, Tensor output);

  /** Returns the index of the input's first element in its array. */
  abstract int offset();

  @Override
  public void run(int chunk, Scratch scratch) {
    int image = chunk / chunksPerImage;
    int first = chunk % chunksPerImage * linesPerChunk;
    int last = Math.min(first + linesPerChunk, windows.outputHeight());
    int line = windows.width() * windows.channels();
    for (int y = first; y < last; y++) {
      line(scratch, image, y, offset() + image * windows.height() * line, line);
    }
  }

  /**
   * A line of the output.
   *
   * @param origin index of row 0 and column 0 of the image
   * @param line how far apart rows are
   */
  final void line(Scratch scratch, int image, int y, int origin, int line) {
    int channels = windows.channels();
    int top = windows.inputRow(y, 0);
    int fromRow = Math.max(0, top);
    int toRow = Math.min(windows.height(), top + windows.filterHeight());
    int[] rows =
        scratch.inputIndices(
            Math.min(windows.filterHeight(), windows.height())
                * Math.min(windows.filterWidth(), windows.width()));
    for (int x = 0; x < windows.outputWidth(); x++) {
      int left = x * windows.strideWidth() - windows.left();
      int fromColumn = Math.max(0, left);
      int toColumn = Math.min(windows.width(), left + windows.filterWidth());
      int count = 0;
      for (int row = fromRow; row < toRow; row++) {
        for (int column = fromColumn; column < toColumn; column++) {
          rows[count++] = origin + row * line + column * channels;
        }
      }
      int place = (image * windows.outputHeight() + y) * windows.outputWidth() + x;
      window(scratch, rows, count, channels, place * columns + firstColumn);
    }
  }

  /**
   * One window.
   *
   * @param rows where its pixels are, {@code count} of them
   */
  abstract void window(Scratch scratch, int[] rows, int count, int channels, int to);

  private static final class OfFloats extends PoolKernel {
    private final boolean average;
    private final Clamp clamp;
    private final FloatArray input = new FloatArray();
    private final FloatArray output = new FloatArray();

    OfFloats(Workers workers, WindowGeometry windows, boolean average, Clamp clamp) {
      super(workers, windows);
      this.average = average;
      this.clamp = clamp;
    }

    @Override
    void bind(Tensor from, Tensor to) {
      input.bind(from);
      output.bindOutput(to);
    }

    @Override
    int offset() {
      return input.offset();
    }

    @Override
    void window(Scratch scratch, int[] rows, int count, int channels, int to) {
      float[] pixels = input.array();
      int at = output.offset() + to;
      MicroKernels math = scratch.math;
      if (average) {
        math.average(pixels, rows, count, channels, 1f / count, output.array(), at, clamp);
      } else {
        math.maximum(pixels, rows, count, channels, output.array(), at, clamp);
      }
    }
  }

  private abstract static class OfBytes extends PoolKernel {
    final boolean unsigned;
    final Bounds bounds;
    final ByteArray input = new ByteArray();
    final ByteArray output = new ByteArray();

    OfBytes(Workers workers, WindowGeometry windows, boolean unsigned, Bounds bounds) {
      super(workers, windows);
      this.unsigned = unsigned;
      this.bounds = bounds;
    }

    @Override
    final void bind(Tensor from, Tensor to) {
      input.bind(from);
      output.bindOutput(to);
    }

    @Override
    final int offset() {
      return input.offset();
    }
  }

  private static final class GreatestByte extends OfBytes {
    GreatestByte(Workers workers, WindowGeometry windows, boolean unsigned, Bounds bounds) {
      super(workers, windows, unsigned, bounds);
    }

    @Override
    void window(Scratch scratch, int[] rows, int count, int channels, int to) {
      int at = output.offset() + to;
      scratch.math.maximum(
          input.array(), unsigned, rows, count, channels, output.array(), at, bounds);
    }
  }

  /** An average pool of bytes, which are widened to floats in a tile buffer. */
  private static final class MeanOfBytes extends OfBytes implements Im2col.Source {
    private final Im2col im2col;

    MeanOfBytes(Workers workers, WindowGeometry given, boolean unsigned, Bounds bounds) {
      super(workers, given, unsigned, bounds);
      this.im2col = new Im2col(windows, windows.channels(), false, workers);
      workers.reserve(im2col.bufferSize(), 0, 0);
    }

    @Override
    int chunks() {
      return im2col.chunks();
    }

    @Override
    public void copy(int from, float[] buffer, int to, int count, MicroKernels math) {
      math.widen(input.array(), input.offset() + from, unsigned, buffer, to, count);
    }

    @Override
    public void run(int chunk, Scratch scratch) {
      im2col.fill(chunk, this, 0, scratch.input(), 0, scratch.math);
      int first = im2col.firstRow(chunk) / Math.max(1, windows.outputWidth());
      int image = first / windows.outputHeight();
      int firstLine = first % windows.outputHeight();
      int line = im2col.bufferRowSize();
      for (int i = 0; i < im2col.outputRows(chunk); i++) {
        int origin =
            (windows.top() - firstLine * windows.strideHeight()) * line
                + windows.left() * windows.channels();
        line(scratch, image, firstLine + i, origin, line);
      }
    }

    @Override
    void window(Scratch scratch, int[] rows, int count, int channels, int to) {
      int at = output.offset() + to;
      scratch.math.mean(scratch.input(), rows, count, channels, output.array(), at, bounds);
    }
  }
}
