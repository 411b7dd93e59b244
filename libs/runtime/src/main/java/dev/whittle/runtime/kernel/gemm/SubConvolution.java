package dev.whittle.runtime.kernel.gemm;

import dev.whittle.ir.Operands;
import dev.whittle.ir.op.Padding;
import dev.whittle.ir.op.nn.Conv3D;
import dev.whittle.ir.op.nn.Conv3DTranspose;
import dev.whittle.ir.op.nn.TransposeConv;
import dev.whittle.ir.tensor.Shape;
import dev.whittle.runtime.kernel.geometry.ArraySize;
import dev.whittle.runtime.kernel.geometry.DepthPlanes;
import dev.whittle.runtime.kernel.geometry.WindowGeometry;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * A part of a layer that one GEMM computes: some columns of some pixels of the output. A group of a
 * grouped convolution is one, and a phase of a transposed convolution, as in XNNPACK's
 * sub-convolutions; other layers are one sub-convolution.
 *
 * @param windows the windows that the rows read
 * @param planes the planes that they read, of 3-D inputs
 * @param firstChannel first channel of the input that is read
 * @param channels number of channels that are read
 * @param firstColumn first column of the output that is written
 * @param columns number of columns that are written
 * @param outputColumns number of columns of the output
 * @param pixels pixels of the output that the rows are
 * @param weights selected weights of the layer
 */
public record SubConvolution(
    WindowGeometry windows,
    DepthPlanes planes,
    int firstChannel,
    int channels,
    int firstColumn,
    int columns,
    int outputColumns,
    Pixels pixels,
    Weights weights) {

  /**
   * Pixels of the output at equal distances in both directions.
   *
   * @param columns selected pixels of an image row
   * @param rows selected rows of an image
   * @param columnStep distance of selected pixels in a row
   * @param rowStep distance of selected rows, in pixels
   * @param imageStep distance of images, in pixels
   * @param first the first selected pixel
   */
  record Pixels(int columns, int rows, int columnStep, int rowStep, int imageStep, int first) {
    /** All pixels, in their order. */
    static final Pixels ALL = new Pixels(Integer.MAX_VALUE, 1, 1, 0, 0, 0);
  }

  /**
   * Selected weights of a layer: element {@code [column, plane, row, tap, channel]} of a
   * sub-convolution is element {@code first + column * columnStep + ...} of the layer.
   */
  record Weights(
      int first, int columnStep, int planeStep, int rowStep, int tapStep, int channelStep) {}

  /** Returns a 3-D convolution with weights {@code [depth, height, width, channels, columns]}. */
  public static SubConvolution conv3d(Conv3D conv, Operands operands) {
    Shape input = operands.shape(0);
    Shape filter = operands.shape(1);
    Shape output = operands.output(0).shape();
    int[] across = {filter.dim(0), conv.strideDepth(), conv.dilationDepth()};
    int[] vertical = {filter.dim(1), conv.strideHeight(), conv.dilationHeight()};
    int[] horizontal = {filter.dim(2), conv.strideWidth(), conv.dilationWidth()};
    var planes =
        new DepthPlanes(
            input.dim(1),
            across[0],
            output.dim(1),
            across[1],
            across[2],
            WindowGeometry.before(conv.padding(), input.dim(1), output.dim(1), across));
    WindowGeometry windows =
        WindowGeometry.of(
            conv.padding(),
            Shape.of(
                ArraySize.product(input.dim(0), output.dim(1)),
                input.dim(2),
                input.dim(3),
                input.dim(4)),
            Shape.of(1, output.dim(2), output.dim(3), 1),
            vertical,
            horizontal);
    int channels = input.dim(4);
    int columns = output.dim(4);
    int tap = channels * columns;
    int row = horizontal[0] * tap;
    return new SubConvolution(
        windows,
        planes.areAll() ? DepthPlanes.ONE : planes,
        0,
        channels,
        0,
        columns,
        columns,
        Pixels.ALL,
        new Weights(0, 1, vertical[0] * row, row, tap, columns));
  }

  /** Returns the only part of a layer with weights {@code [columns, height, width, channels]}. */
  public static SubConvolution whole(WindowGeometry windows, int columns) {
    return part(windows, 0, windows.channels(), 0, columns, columns, 0);
  }

  private static SubConvolution part(
      WindowGeometry windows,
      int firstChannel,
      int channels,
      int firstColumn,
      int columns,
      int outputColumns,
      int firstWeight) {
    int row = windows.filterWidth() * channels;
    return new SubConvolution(
        windows,
        DepthPlanes.ONE,
        firstChannel,
        channels,
        firstColumn,
        columns,
        outputColumns,
        Pixels.ALL,
        new Weights(firstWeight, windows.filterHeight() * row, 0, row, channels, 1));
  }

  /** Returns the groups of a grouped convolution. */
  public static List<SubConvolution> grouped(
      WindowGeometry windows, int groupChannels, int outputColumns) {
    int groups = windows.channels() / groupChannels;
    int columns = outputColumns / groups;
    int size = columns * windows.taps() * groupChannels;
    List<SubConvolution> subConvolutions = new ArrayList<>();
    for (int g = 0; g < groups; g++) {
      subConvolutions.add(
          part(
              windows,
              g * groupChannels,
              groupChannels,
              g * columns,
              columns,
              outputColumns,
              g * size));
    }
    return subConvolutions;
  }

  /** Returns the channels of a depthwise convolution with a channel multiplier. */
  public static List<SubConvolution> depthwise(WindowGeometry windows, int outputColumns) {
    int multiplier = outputColumns / windows.channels();
    int row = windows.filterWidth() * outputColumns;
    List<SubConvolution> subConvolutions = new ArrayList<>();
    for (int c = 0; c < windows.channels(); c++) {
      int first = c * multiplier;
      var weights = new Weights(first, 1, 0, row, outputColumns, 1);
      subConvolutions.add(
          new SubConvolution(
              windows,
              DepthPlanes.ONE,
              c,
              1,
              first,
              multiplier,
              outputColumns,
              Pixels.ALL,
              weights));
    }
    return subConvolutions;
  }

  /**
   * Returns the phases of a transposed convolution. Output pixels with the same coordinates modulo
   * the strides are a phase: they use the same taps of the filter, and adjacent ones of a phase
   * read adjacent pixels, so that each phase is a convolution. Null if a phase uses no tap, or
   * begins inside the image.
   */
  public static @Nullable List<SubConvolution> transposed(TransposeConv conv, WeightedLayer layer) {
    Shape output = layer.operands().output(0).shape();
    Shape filter = layer.operands().shape(layer.filter());
    Shape input = layer.operands().shape(layer.input());
    int channels = filter.dim(3);
    List<SubConvolution> subConvolutions = new ArrayList<>();
    for (int y = 0; y < Math.min(conv.strideHeight(), output.dim(1)); y++) {
      Phase rows =
          Phase.of(
              conv.padding(), y, conv.strideHeight(), input.dim(1), output.dim(1), filter.dim(1));
      for (int x = 0; x < Math.min(conv.strideWidth(), output.dim(2)); x++) {
        Phase columns =
            Phase.of(
                conv.padding(), x, conv.strideWidth(), input.dim(2), output.dim(2), filter.dim(2));
        if (rows == null || columns == null) {
          return null;
        }
        var windows =
            new WindowGeometry(
                input.dim(0),
                input.dim(1),
                input.dim(2),
                channels,
                rows.taps,
                columns.taps,
                rows.outputs,
                columns.outputs,
                1,
                1,
                1,
                1,
                rows.before,
                columns.before);
        var pixels =
            new Pixels(
                columns.outputs,
                rows.outputs,
                conv.strideWidth(),
                conv.strideHeight() * output.dim(2),
                output.dim(1) * output.dim(2),
                y * output.dim(2) + x);
        // Taps are read from the last to the first.
        int filterRow = filter.dim(2) * channels;
        var weights =
            new Weights(
                rows.lastTap * filterRow + columns.lastTap * channels,
                filter.dim(1) * filterRow,
                0,
                -conv.strideHeight() * filterRow,
                -conv.strideWidth() * channels,
                1);
        int depth = output.dim(3);
        subConvolutions.add(
            new SubConvolution(
                windows, DepthPlanes.ONE, 0, channels, 0, depth, depth, pixels, weights));
      }
    }
    return subConvolutions;
  }

  /**
   * Returns the phases of a transposed 3-D convolution without dilation; see {@link #transposed}.
   * Null also if the planes of a phase are not at equal distances across the batch.
   */
  public static @Nullable List<SubConvolution> transposedConv3d(
      Conv3DTranspose conv, Operands operands) {
    Shape output = operands.output(0).shape();
    Shape filter = operands.shape(1);
    Shape input = operands.shape(2);
    int[] strides = {conv.strideDepth(), conv.strideHeight(), conv.strideWidth()};
    List<SubConvolution> subConvolutions = new ArrayList<>();
    for (int z = 0; z < Math.min(strides[0], output.dim(1)); z++) {
      for (int y = 0; y < Math.min(strides[1], output.dim(2)); y++) {
        for (int x = 0; x < Math.min(strides[2], output.dim(3)); x++) {
          int[] offset = {z, y, x};
          Phase[] phases = new Phase[3];
          for (int i = 0; i < 3; i++) {
            // The reference kernel pads as SAME in any case.
            Phase phase =
                Phase.of(
                    Padding.SAME,
                    offset[i],
                    strides[i],
                    input.dim(i + 1),
                    output.dim(i + 1),
                    filter.dim(i));
            if (phase == null) {
              return null;
            }
            phases[i] = phase;
          }
          if (input.dim(0) > 1 && strides[0] * phases[0].outputs != output.dim(1)) {
            return null;
          }
          subConvolutions.add(phase(strides, offset, phases, input, filter, output));
        }
      }
    }
    return subConvolutions;
  }

  private static SubConvolution phase(
      int[] strides, int[] offset, Phase[] phases, Shape input, Shape filter, Shape output) {
    Phase planes = phases[0];
    Phase rows = phases[1];
    Phase columns = phases[2];
    int channels = input.dim(4);
    int depth = output.dim(4);
    var across = new DepthPlanes(input.dim(1), planes.taps, planes.outputs, 1, 1, planes.before);
    var windows =
        new WindowGeometry(
            ArraySize.product(input.dim(0), planes.outputs),
            input.dim(2),
            input.dim(3),
            channels,
            rows.taps,
            columns.taps,
            rows.outputs,
            columns.outputs,
            1,
            1,
            1,
            1,
            rows.before,
            columns.before);
    int plane = output.dim(2) * output.dim(3);
    var pixels =
        new Pixels(
            columns.outputs,
            rows.outputs,
            strides[2],
            strides[1] * output.dim(3),
            strides[0] * plane,
            offset[0] * plane + offset[1] * output.dim(3) + offset[2]);
    // Taps are read from the last to the first.
    int tap = depth * channels;
    int filterRow = filter.dim(2) * tap;
    int filterPlane = filter.dim(1) * filterRow;
    var weights =
        new Weights(
            planes.lastTap * filterPlane + rows.lastTap * filterRow + columns.lastTap * tap,
            channels,
            -strides[0] * filterPlane,
            -strides[1] * filterRow,
            -strides[2] * tap,
            1);
    return new SubConvolution(
        windows,
        across.areAll() ? DepthPlanes.ONE : across,
        0,
        channels,
        0,
        depth,
        depth,
        pixels,
        weights);
  }

  /**
   * A phase along one axis.
   *
   * @param outputs number of its output pixels
   * @param taps number of taps that each pixel uses
   * @param lastTap the last of these taps
   * @param before padding before the first pixel of the input
   */
  private record Phase(int outputs, int taps, int lastTap, int before) {
    // The input of a transposed convolution is the output of the convolution it transposes.
    @SuppressWarnings("ArgumentSelectionDefectChecker")
    static @Nullable Phase of(
        Padding padding, int offset, int stride, int input, int output, int filter) {
      int margin = WindowGeometry.before(padding, output, input, new int[] {filter, stride, 1});
      int firstTap = (offset + margin) % stride;
      int taps = Math.ceilDiv(filter - firstTap, stride);
      int before = taps - 1 - (offset + margin) / stride;
      return taps < 1 || before < 0
          ? null
          : new Phase(
              Math.ceilDiv(output - offset, stride), taps, firstTap + (taps - 1) * stride, before);
    }
  }

  /** Returns the indices in the layer's weights of the selected ones, in row-major order. */
  public int[] weightIndices() {
    int[] indices = new int[ArraySize.product(columns, depth())];
    int at = 0;
    for (int column = 0; column < columns; column++) {
      for (int z = 0; z < planes.filter(); z++) {
        int plane = weights.first + column * weights.columnStep + z * weights.planeStep;
        for (int y = 0; y < windows.filterHeight(); y++) {
          for (int x = 0; x < windows.filterWidth(); x++) {
            int first = plane + y * weights.rowStep + x * weights.tapStep;
            for (int c = 0; c < channels; c++) {
              indices[at++] = first + c * weights.channelStep;
            }
          }
        }
      }
    }
    return indices;
  }

  /** Returns the products of each sum. */
  public int depth() {
    return ArraySize.product(planes.filter(), windows.taps(), channels);
  }

  /** Returns whether this is all of a layer, with its weights in their order. */
  public boolean isWhole() {
    return pixels.equals(Pixels.ALL)
        && planes.equals(DepthPlanes.ONE)
        && columns == outputColumns
        && weights.channelStep == 1
        && weights.tapStep == channels
        && channels == windows.channels();
  }

  /** Returns the distance of the output pixels of adjacent rows. */
  int pixelStep() {
    return pixels.columnStep;
  }

  /** Returns the output pixel of a row. */
  int pixel(int row) {
    int imageRow = row / pixels.columns;
    return pixels.first
        + row % pixels.columns * pixels.columnStep
        + imageRow % pixels.rows * pixels.rowStep
        + imageRow / pixels.rows * pixels.imageStep;
  }

  /** Returns how many of {@code count} rows from a row on are in its row of the output image. */
  int adjacentRows(int row, int count) {
    return Math.min(count, pixels.columns - row % pixels.columns);
  }
}
