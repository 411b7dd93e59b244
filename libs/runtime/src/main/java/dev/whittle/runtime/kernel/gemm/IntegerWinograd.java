package dev.whittle.runtime.kernel.gemm;

import dev.whittle.ir.kernel.Invocation;
import dev.whittle.runtime.kernel.execution.Scratch;
import dev.whittle.runtime.kernel.execution.Workers;
import dev.whittle.runtime.kernel.geometry.ArraySize;
import dev.whittle.runtime.kernel.geometry.WindowGeometry;
import dev.whittle.runtime.kernel.simd.AccumulatorBlock;
import dev.whittle.runtime.kernel.simd.PackedMatrix;
import java.util.Arrays;

/**
 * An exact {@link WinogradConvolution} of integers. The filter transform has integers only, twice
 * those of {@link FloatWinograd} in the inner rows, so that some products are doubled once or
 * twice. Products are below 2^24 for weights that {@link #areExact}; they are added as integers, to
 * four times the accumulators.
 */
public final class IntegerWinograd extends WinogradConvolution {
  /** Rows of {@code G}, of which the inner two are doubled. */
  private static final float[][] FILTER = {{1, 0, 0}, {1, 1, 1}, {1, -1, 1}, {0, 0, 1}};

  private static final double TRANSFORM_COST = 200;

  private static final long LIMIT = 1 << 24;

  private final QuantizedEpilogue epilogue;

  /** Index in the scratch input of the rows of the images. */
  private final int firstRow;

  /**
   * Creates a convolution.
   *
   * @param weights see {@link #pack}
   * @param bias one element for each column
   */
  public IntegerWinograd(
      Workers workers,
      WindowGeometry windows,
      PackedMatrix weights,
      int[] bias,
      QuantizedEpilogue epilogue) {
    super(workers, windows, weights, fourTimes(bias));
    this.epilogue = epilogue;
    int tiles = chunkTiles();
    int channels = windows.channels();
    int runs = Math.min(tiles, Math.ceilDiv(tiles, tileColumns()) + 1);
    this.firstRow = ELEMENTS * tiles * channels;
    reserve(
        ArraySize.product(4 * (2 * tiles + 2 * runs), channels),
        ArraySize.product(4 * tiles, weights.width(0)));
  }

  private static float[] fourTimes(int[] bias) {
    float[] floats = new float[bias.length];
    for (int c = 0; c < floats.length; c++) {
      floats[c] = 4f * bias[c];
    }
    return floats;
  }

  /** Returns whether a convolution can be computed in this way, and is faster than by im2col. */
  public static boolean isFaster(WindowGeometry windows, int columns) {
    return isFaster(windows, columns, TRANSFORM_COST);
  }

  /** Transforms filters {@code [columns, 3, 3, channels]}. */
  public static PackedMatrix pack(Int8Weights filters, int columns, int channels, int lanes) {
    return pack(filters::copy, columns, channels, FILTER, lanes);
  }

  /**
   * Returns whether all products and sums are exact.
   *
   * @param bias one element for each column
   * @param maxInput maximum magnitude of an input
   */
  public static boolean areExact(Int8Weights filters, int[] bias, int channels, int maxInput) {
    if (!filters.areExact(bias, maxInput)) {
      return false;
    }
    float[] filter = new float[9 * channels];
    double[] sums = new double[channels];
    float[] transformed = new float[ELEMENTS * channels];
    for (int c = 0; c < bias.length; c++) {
      filters.copy(c * filter.length, filter, 0, filter.length);
      transform(filter, FILTER, sums, transformed, 0);
      for (int i = 0; i < ELEMENTS; i++) {
        long magnitude = 0;
        for (int k = i * channels; k < (i + 1) * channels; k++) {
          magnitude += (long) Math.abs(transformed[k]);
        }
        // An element of a transformed tile is a sum of four inputs.
        long added = i == BIASED ? 4 * Math.abs((long) bias[c]) : 0;
        if (added + magnitude * 4 * maxInput >= LIMIT) {
          return false;
        }
      }
    }
    return true;
  }

  @Override
  void begin(Invocation invocation) {
    epilogue.begin(invocation.input(0), invocation.output(0));
  }

  @Override
  void transformInputs(Scratch scratch, int first, int count) {
    int channels = windows.channels();
    int[] indices = scratch.inputIndices(ELEMENTS * count);
    int at = firstRow;
    for (int done = 0; done < count; ) {
      int run = tilesInRow(first + done, count - done);
      int pixels = 2 * run + 2;
      fill(scratch, first + done, pixels, at);
      for (int tile = done; tile < done + run; tile++) {
        for (int i = 0; i < ELEMENTS; i++) {
          int pixel = i / 4 * pixels + 2 * (tile - done) + i % 4;
          indices[ELEMENTS * tile + i] = at + pixel * channels;
        }
      }
      at += 4 * pixels * channels;
      done += run;
    }
    float[] tiles = scratch.input();
    scratch.math.winogradInputs(tiles, indices, count, channels, tiles, count * channels);
  }

  /** Copies the {@code [4, pixels, channels]} that tiles from {@code tile} on read. */
  private void fill(Scratch scratch, int tile, int pixels, int at) {
    int channels = windows.channels();
    float[] buffer = scratch.input();
    int top = outputRow(tile) - windows.top();
    int left = outputColumn(tile) - windows.left();
    int from = Math.clamp(-left, 0, pixels);
    int to = Math.clamp(windows.width() - left, from, pixels);
    for (int row = 0; row < 4; row++) {
      int y = top + row;
      boolean inside = y >= 0 && y < windows.height() && from < to;
      int begin = at + row * pixels * channels;
      int end = begin + pixels * channels;
      int first = inside ? begin + from * channels : end;
      int last = inside ? begin + to * channels : end;
      Arrays.fill(buffer, begin, first, epilogue.paddingValue());
      if (inside) {
        int rowStart = (image(tile) * windows.height() + y) * windows.width();
        int index = (rowStart + left + from) * channels;
        epilogue.copy(index, buffer, first, last - first, scratch.math);
      }
      Arrays.fill(buffer, last, end, epilogue.paddingValue());
    }
  }

  @Override
  void transformProducts(
      Scratch scratch, int first, int count, int width, int column, int columns) {
    int begin = ELEMENTS * count * width;
    int[] indices = scratch.outputIndices(2 * count);
    for (int done = 0; done < count; ) {
      int run = tilesInRow(first + done, count - done);
      for (int i = 0; i < run; i++) {
        int pixel = 4 * done + 2 * i;
        indices[2 * (done + i)] = begin + pixel * width;
        indices[2 * (done + i) + 1] = begin + (pixel + 2 * run) * width;
      }
      done += run;
    }
    scratch.math.winogradSums(scratch.sums(), count, width, indices);
    AccumulatorBlock block = scratch.accumulators.columns(column, columns);
    for (int done = 0; done < count; ) {
      int run = tilesInRow(first + done, count - done);
      int tile = first + done;
      int pixels = Math.min(2 * run, windows.outputWidth() - outputColumn(tile));
      int rows = Math.min(2, windows.outputHeight() - outputRow(tile));
      for (int row = 0; row < rows; row++) {
        int y = image(tile) * windows.outputHeight() + outputRow(tile) + row;
        int at = begin + (4 * done + row * 2 * run) * width;
        int pixel = y * windows.outputWidth() + outputColumn(tile);
        block
            .accumulators(at, width)
            .rows(pixel, pixels)
            .output(outputIndex(pixel) + column, stride());
        epilogue.finish(scratch, block, false);
      }
      done += run;
    }
  }
}
