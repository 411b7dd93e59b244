package dev.whittle.runtime.kernel.gemm;

import dev.whittle.ir.kernel.Invocation;
import dev.whittle.runtime.kernel.execution.FloatArray;
import dev.whittle.runtime.kernel.execution.Scratch;
import dev.whittle.runtime.kernel.execution.Workers;
import dev.whittle.runtime.kernel.geometry.WindowGeometry;
import dev.whittle.runtime.kernel.simd.Clamp;
import dev.whittle.runtime.kernel.simd.PackedMatrix;

/**
 * A convolution of floats by {@link WinogradConvolution}: as the only factors are 1/2 and 1/4, sums
 * differ from others in their last bits only.
 */
public final class FloatWinograd extends WinogradConvolution {
  /** Rows of {@code G}. */
  private static final float[][] FILTER = {{1, 0, 0}, {.5f, .5f, .5f}, {.5f, -.5f, .5f}, {0, 0, 1}};

  private static final double TRANSFORM_COST = 130;

  private final Clamp clamp;
  private final FloatArray input = new FloatArray();
  private final FloatArray output = new FloatArray();

  /**
   * A convolution.
   *
   * @param weights as of {@link #pack}
   * @param bias one for each column, or none
   */
  public FloatWinograd(
      Workers workers, WindowGeometry windows, PackedMatrix weights, float[] bias, Clamp clamp) {
    super(workers, windows, weights, bias);
    this.clamp = clamp;
    reserve(0, 0);
  }

  /** Whether a convolution can be computed so, and takes less. */
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
  void before(Scratch scratch, int first, int count) {
    int[] indices = scratch.inputIndices(ELEMENTS * count);
    findInputs(first, count, indices);
    findOutputs(first, count, scratch.outputIndices(4 * count));
    int channels = windows.channels();
    float[] tiles = scratch.input();
    scratch.math.winogradInputs(input.array(), indices, count, channels, tiles, count * channels);
  }

  @Override
  void behind(Scratch scratch, int first, int count, int width, int column, int columns) {
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
      int run = tilesBeside(first + done, count - done);
      done += run;
      for (int x = left; x < left + 2 * run; x += 2) {
        for (int row = y; row < y + 4; row++) {
          boolean inside = row >= 0 && row < windows.height();
          int line = (image * windows.height() + row) * windows.width();
          int place = input.offset() + (line + x) * channels;
          for (int i = 0; i < 4; i++) {
            boolean within = inside && x + i >= 0 && x + i < windows.width();
            // Before the pictures there are zeros.
            indices[at++] = within ? place + i * channels : 0;
          }
        }
      }
    }
  }

  /** Finds the pixels that some tiles write: -1 for what is beyond the output. */
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
      indices[4 * i] = at + place(pixel);
      indices[4 * i + 1] = beside ? at + place(pixel + 1) : -1;
      indices[4 * i + 2] = below ? at + place(pixel + width) : -1;
      indices[4 * i + 3] = below && beside ? at + place(pixel + width + 1) : -1;
    }
  }
}
