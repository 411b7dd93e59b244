package dev.whittle.runtime.kernel.gemm;

import dev.whittle.ir.kernel.Invocation;
import dev.whittle.runtime.kernel.execution.FloatArray;
import dev.whittle.runtime.kernel.execution.Scratch;
import dev.whittle.runtime.kernel.execution.Workers;
import dev.whittle.runtime.kernel.geometry.WindowGeometry;
import dev.whittle.runtime.kernel.simd.Clamp;
import dev.whittle.runtime.kernel.simd.PackedMatrix;

/**
 * A {@link WinogradConvolution} of floats. Its only factors are 1/2 and 1/4, so that sums differ
 * from those of other algorithms in their last bits only.
 */
public final class FloatWinograd extends WinogradConvolution {
  /** Rows of {@code G}. */
  private static final float[][] FILTER = {{1, 0, 0}, {.5f, .5f, .5f}, {.5f, -.5f, .5f}, {0, 0, 1}};

  private static final double TRANSFORM_COST = 130;

  private final Clamp clamp;
  private final FloatArray input = new FloatArray();
  private final FloatArray output = new FloatArray();

  /**
   * Creates a convolution.
   *
   * @param weights see {@link #pack}
   * @param bias one element for each column, or none
   */
  public FloatWinograd(
      Workers workers, WindowGeometry windows, PackedMatrix weights, float[] bias, Clamp clamp) {
    super(workers, windows, weights, bias);
    this.clamp = clamp;
    reserve(0, 0);
  }

  /** Returns whether a convolution can be computed in this way, and is faster than by im2col. */
  public static boolean isFaster(WindowGeometry windows, int columns) {
    return isFaster(windows, columns, TRANSFORM_COST);
  }

  /** Transforms filters {@code [columns, 3, 3, channels]}. */
  public static PackedMatrix pack(
      PackedMatrix.Elements filters, int columns, int channels, int lanes) {
    return pack(filters, columns, channels, FILTER, lanes);
  }

  @Override
  void begin(Invocation invocation) {
    input.bind(invocation.input(0));
    output.bindOutput(invocation.output(0));
  }

  @Override
  void transformInputs(Scratch scratch, int first, int count) {
    int[] indices = scratch.inputIndices(ELEMENTS * count);
    findInputs(first, count, indices);
    findOutputs(first, count, scratch.outputIndices(4 * count));
    int channels = windows.channels();
    float[] tiles = scratch.input();
    scratch.math.winogradInputs(input.array(), indices, count, channels, tiles, count * channels);
  }

  @Override
  void transformProducts(
      Scratch scratch, int first, int count, int width, int column, int columns) {
    int[] indices = scratch.outputIndices(4 * count);
    scratch.math.winogradOutputs(
        scratch.sums(), count, width, columns, output.array(), indices, column, clamp);
  }

  /** Finds the pixels that some tiles read. */
  private void findInputs(int first, int count, int[] indices) {
    int channels = windows.channels();
    int at = 0;
    for (int done = 0; done < count; ) {
      int image = image(first + done);
      int y = outputRow(first + done) - windows.top();
      int left = outputColumn(first + done) - windows.left();
      int run = tilesInRow(first + done, count - done);
      done += run;
      for (int x = left; x < left + 2 * run; x += 2) {
        for (int row = y; row < y + 4; row++) {
          boolean inside = row >= 0 && row < windows.height();
          int rowStart = (image * windows.height() + row) * windows.width();
          int index = input.offset() + (rowStart + x) * channels;
          for (int i = 0; i < 4; i++) {
            boolean within = inside && x + i >= 0 && x + i < windows.width();
            // The array begins with zeros.
            indices[at++] = within ? index + i * channels : 0;
          }
        }
      }
    }
  }

  /** Finds the pixels that some tiles write: -1 outside the output. */
  private void findOutputs(int first, int count, int[] indices) {
    int width = windows.outputWidth();
    for (int i = 0; i < count; i++) {
      int tile = first + i;
      int y = outputRow(tile);
      int x = outputColumn(tile);
      int pixel = (image(tile) * windows.outputHeight() + y) * width + x;
      boolean below = y + 1 < windows.outputHeight();
      boolean beside = x + 1 < width;
      int at = output.offset();
      indices[4 * i] = at + outputIndex(pixel);
      indices[4 * i + 1] = beside ? at + outputIndex(pixel + 1) : -1;
      indices[4 * i + 2] = below ? at + outputIndex(pixel + width) : -1;
      indices[4 * i + 3] = below && beside ? at + outputIndex(pixel + width + 1) : -1;
    }
  }
}
