package dev.whittle.runtime.kernel.move;

import dev.whittle.ir.Operands;
import dev.whittle.ir.kernel.Invocation;
import dev.whittle.ir.kernel.Kernel;
import dev.whittle.ir.op.image.AxisInterpolation;
import dev.whittle.ir.op.image.ResizeBilinear;
import dev.whittle.ir.tensor.Shape;
import dev.whittle.ir.tensor.TensorType;
import dev.whittle.runtime.kernel.execution.ByteArray;
import dev.whittle.runtime.kernel.execution.FloatArray;
import dev.whittle.runtime.kernel.execution.Scratch;
import dev.whittle.runtime.kernel.execution.Workers;
import dev.whittle.runtime.kernel.geometry.ArraySize;
import dev.whittle.runtime.kernel.simd.InterpolatedColumns;

/**
 * Bilinear resizing of images {@code [batch, height, width, channels]} of floats or 8-bit integers.
 * Integer results equal those of the reference kernel.
 */
public final class BilinearResize implements Kernel, Workers.Task {
  /** The weight 1 of the fixed-point arithmetic of INT8, with 10 fractional bits. */
  private static final int UNIT = 1024;

  private static final int HALF = UNIT * UNIT / 2;

  private final Workers workers;
  private final TensorType type;
  private final AxisInterpolation vertical;

  /** For each column of the output, the offset of its left input pixel in the row. */
  private final int[] lefts;

  /** For each column of the output, the offset of its right input pixel in the row. */
  private final int[] rights;

  /** For each column of the output, the weight of the right pixel as the operator computes it. */
  private final float[] fractions;

  private final InterpolatedColumns interpolated;

  private final int height;
  private final int width;
  private final int channels;
  private final int rows;
  private final int columns;
  private final int images;
  private final FloatArray floats = new FloatArray();
  private final FloatArray floatResults = new FloatArray();
  private final ByteArray stored = new ByteArray();
  private final ByteArray storedResults = new ByteArray();

  /**
   * A kernel.
   *
   * @param operands an input of floats or 8-bit integers, and the output
   */
  public BilinearResize(Workers workers, ResizeBilinear op, Operands operands) {
    Shape in = operands.shape(0);
    Shape out = operands.output(0).shape();
    this.workers = workers;
    this.type = operands.type(0);
    this.height = in.dim(1);
    this.width = in.dim(2);
    this.channels = in.dim(3);
    this.images = out.dim(0);
    this.rows = out.dim(1);
    this.columns = out.dim(2);
    this.vertical = op.axis(type, height, rows);
    AxisInterpolation horizontal = op.axis(type, width, columns);
    lefts = new int[columns];
    rights = new int[columns];
    fractions = new float[columns];
    for (int x = 0; x < columns; x++) {
      lefts[x] = horizontal.lower(x) * channels;
      rights[x] = horizontal.upper(x) * channels;
      fractions[x] = horizontal.fraction(x);
    }
    interpolated = new InterpolatedColumns(lefts, rights, fractions, channels);
    if (type == TensorType.UINT8) {
      workers.reserve(
          ArraySize.product(2, width, channels), ArraySize.product(columns, channels), 0);
    }
  }

  @Override
  public void run(Invocation invocation) {
    if (type == TensorType.FLOAT32) {
      floats.bind(invocation.input(0));
      floatResults.bindOutput(invocation.output(0));
    } else {
      stored.bind(invocation.input(0));
      storedResults.bindOutput(invocation.output(0));
    }
    boolean worthSharing = (long) images * rows * columns * channels >= Workers.CHUNK;
    workers.run(this, channels == 0 ? 0 : images * rows, worthSharing);
  }

  /** Computes one row of the output. */
  @Override
  public void run(int row, Scratch scratch) {
    int y = row % rows;
    int size = width * channels;
    int image = row / rows * height;
    int top = (image + vertical.lower(y)) * size;
    int bottom = (image + vertical.upper(y)) * size;
    int to = row * columns * channels;
    float dy = vertical.fraction(y);
    switch (type) {
      case FLOAT32 -> {
        int at = floats.offset();
        float[] out = floatResults.array();
        floatRow(
            scratch, floats.array(), at + top, at + bottom, dy, out, floatResults.offset() + to);
      }
      case UINT8 -> {
        float[] inputRows = scratch.input();
        byte[] in = stored.array();
        scratch.math.widen(in, stored.offset() + top, true, inputRows, 0, size);
        scratch.math.widen(in, stored.offset() + bottom, true, inputRows, size, size);
        uint8Row(scratch, inputRows, dy, storedResults.offset() + to);
      }
      default -> int8Row(top, bottom, (int) dy, storedResults.offset() + to);
    }
  }

  private void floatRow(
      Scratch scratch, float[] in, int top, int bottom, float dy, float[] out, int to) {
    scratch.math.interpolate(in, top, bottom, dy, interpolated, out, to);
  }

  private void uint8Row(Scratch scratch, float[] inputRows, float dy, int to) {
    float[] sums = scratch.sums();
    floatRow(scratch, inputRows, 0, width * channels, dy, sums, 0);
    scratch.math.roundToBytes(sums, storedResults.array(), to, columns * channels);
  }

  private void int8Row(int top, int bottom, int dy, int to) {
    byte[] in = stored.array();
    byte[] out = storedResults.array();
    for (int x = 0; x < columns; x++) {
      int topLeft = stored.offset() + top + lefts[x];
      int topRight = stored.offset() + top + rights[x];
      int bottomLeft = stored.offset() + bottom + lefts[x];
      int bottomRight = stored.offset() + bottom + rights[x];
      int dx = (int) fractions[x];
      int topLeftWeight = (UNIT - dy) * (UNIT - dx);
      int topRightWeight = (UNIT - dy) * dx;
      int bottomLeftWeight = dy * (UNIT - dx);
      int bottomRightWeight = dy * dx;
      int pixel = to + x * channels;
      for (int c = 0; c < channels; c++) {
        int sum =
            in[topLeft + c] * topLeftWeight
                + in[topRight + c] * topRightWeight
                + in[bottomLeft + c] * bottomLeftWeight
                + in[bottomRight + c] * bottomRightWeight;
        out[pixel + c] = (byte) ((sum + (sum > 0 ? HALF : -HALF)) / (UNIT * UNIT));
      }
    }
  }
}
