package dev.whittle.runtime.kernel;

import dev.whittle.ir.kernel.Invocation;
import dev.whittle.ir.kernel.Kernel;
import org.jspecify.annotations.Nullable;

/** The greatest or the mean of the elements of windows that lie within the picture. */
final class Pool implements Kernel, Workers.Task, StridedOutput, Patches.Source {
  private final Workers workers;
  private final Windows windows;
  private final boolean average;

  /** Where 8-bit elements are made floats; null for floats, which are read in place. */
  private final @Nullable Patches patches;

  private final boolean unsigned;
  private final float min;
  private final float max;
  private final int linesPerChunk;
  private final int chunksPerPicture;
  private final FloatArray floats = new FloatArray();
  private final FloatArray floatResults = new FloatArray();
  private final ByteArray stored = new ByteArray();
  private final ByteArray storedResults = new ByteArray();
  private int columns;
  private int firstColumn;

  private Pool(
      Workers workers,
      Windows given,
      boolean average,
      boolean bytes,
      boolean unsigned,
      float min,
      float max) {
    this.workers = workers;
    this.windows = given.flattened();
    this.average = average;
    this.unsigned = unsigned;
    this.min = min;
    this.max = max;
    this.patches = bytes ? new Patches(windows, windows.channels(), false, workers.count()) : null;
    this.columns = windows.channels();
    this.linesPerChunk = Math.max(1, Math.ceilDiv(windows.outputHeight(), 4 * workers.count()));
    this.chunksPerPicture = Math.ceilDiv(windows.outputHeight(), linesPerChunk);
    if (patches != null) {
      workers.reserve(patches.slabSize(), windows.channels(), 0);
    }
  }

  static Pool ofFloats(Workers workers, Windows windows, boolean average, float min, float max) {
    return new Pool(workers, windows, average, false, false, min, max);
  }

  static Pool ofBytes(
      Workers workers, Windows windows, boolean average, boolean unsigned, int low, int high) {
    return new Pool(workers, windows, average, true, unsigned, low, high);
  }

  @Override
  public void writeTo(int wider, int first) {
    columns = wider;
    firstColumn = first;
  }

  @Override
  public void run(Invocation invocation) {
    if (windows.outputs() == 0 || windows.channels() == 0) {
      return;
    }
    if (patches != null) {
      stored.bind(invocation.input(0));
      storedResults.bindOutput(invocation.output(0));
      workers.run(this, patches.chunks());
    } else {
      floats.bind(invocation.input(0));
      floatResults.bindOutput(invocation.output(0));
      workers.run(this, windows.batch() * chunksPerPicture);
    }
  }

  @Override
  public void run(int chunk, Scratch scratch) {
    Patches slabs = patches;
    if (slabs != null) {
      slabs.fill(chunk, this, 0, scratch.input(), scratch.math);
      int first = slabs.firstRow(chunk) / Math.max(1, windows.outputWidth());
      int picture = first / windows.outputHeight();
      int firstLine = first % windows.outputHeight();
      for (int i = 0; i < slabs.lines(chunk); i++) {
        int line = slabs.slabLine();
        // Where row 0 and column 0 of the picture would be in the slab.
        int origin =
            (windows.top() - firstLine * windows.strideHeight()) * line
                + windows.left() * windows.channels();
        line(scratch, picture, firstLine + i, scratch.input(), origin, line);
      }
    } else {
      int picture = chunk / chunksPerPicture;
      int first = chunk % chunksPerPicture * linesPerChunk;
      int last = Math.min(first + linesPerChunk, windows.outputHeight());
      int line = windows.width() * windows.channels();
      for (int y = first; y < last; y++) {
        int origin = floats.offset() + picture * windows.height() * line;
        line(scratch, picture, y, floats.array(), origin, line);
      }
    }
  }

  private void line(Scratch scratch, int picture, int y, float[] input, int origin, int line) {
    int channels = windows.channels();
    int top = windows.inputRow(y, 0);
    int fromRow = Math.max(0, top);
    int toRow = Math.min(windows.height(), top + windows.filterHeight());
    int[] rows =
        scratch.rows(
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
      int place = (picture * windows.outputHeight() + y) * windows.outputWidth() + x;
      window(scratch, input, rows, count, place * columns + firstColumn);
    }
  }

  private void window(Scratch scratch, float[] input, int[] rows, int count, int to) {
    int channels = windows.channels();
    MicroKernels math = scratch.math;
    if (patches == null) {
      float[] output = floatResults.array();
      int at = floatResults.offset() + to;
      if (average) {
        math.average(input, rows, count, channels, 1f / count, output, at, min, max);
      } else {
        math.maximum(input, rows, count, channels, output, at, min, max);
      }
      return;
    }
    float[] results = scratch.sums();
    byte[] output = storedResults.array();
    int at = storedResults.offset() + to;
    if (average) {
      float none = Float.POSITIVE_INFINITY;
      math.average(input, rows, count, channels, 1, results, 0, -none, none);
      int half = count / 2;
      for (int c = 0; c < channels; c++) {
        // Sums and counts are whole and small, so that the quotient's whole part is exact.
        float sum = results[c] + (results[c] > 0 ? half : -half);
        output[at + c] = (byte) (int) Math.min(Math.max((int) (sum / count), min), max);
      }
    } else {
      math.maximum(input, rows, count, channels, results, 0, min, max);
      for (int c = 0; c < channels; c++) {
        output[at + c] = (byte) (int) results[c];
      }
    }
  }

  @Override
  public void copy(int from, float[] slab, int to, int count, MicroKernels math) {
    math.widen(stored.array(), stored.offset() + from, unsigned, slab, to, count);
  }
}
