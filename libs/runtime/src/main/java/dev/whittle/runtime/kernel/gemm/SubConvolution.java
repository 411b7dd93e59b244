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
 * A part of a layer that is one product: some columns, for some of the pixels, of the output. Most
 * layers have one piece, which is all of them.
 *
 * @param windows what the rows read
 * @param planes which planes they read, of volumes
 * @param firstChannel of the pictures that is read
 * @param channels how many are read
 * @param firstColumn of the output that is written
 * @param columns how many are written
 * @param outputColumns how many the output has
 * @param pixels where the rows are
 * @param weights which of the layer's weights are the piece's
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
   * Which of the output's pixels the rows are: every so many in both directions.
   *
   * @param line pixels of a line that are rows
   * @param lines of a picture that have rows
   * @param step how far apart a line's rows are
   * @param lineStep how far apart lines are
   * @param imageStep how far apart pictures are
   * @param first the first one
   */
  record Pixels(int line, int lines, int step, int lineStep, int imageStep, int first) {
    /** All of them, one behind the other. */
    static final Pixels ALL = new Pixels(Integer.MAX_VALUE, 1, 1, 0, 0, 0);
  }

  /**
   * Which weights are a piece's: element {@code [column, plane, row, tap, channel]} of its own is
   * element {@code first + column * columnStep + ...} of the layer's.
   */
  record Weights(
      int first, int columnStep, int planeStep, int rowStep, int tapStep, int channelStep) {}

  /** A convolution of volumes with weights {@code [depth, height, width, channels, columns]}. */
  public static SubConvolution volume(Conv3D conv, Operands operands) {
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

  /** The only piece of a layer with weights {@code [columns, height, width, channels]}. */
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

  /** A convolution each of whose groups of columns reads as many channels of its own. */
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

  /** A depthwise convolution, of weights {@code [1, height, width, channels * multiplier]}. */
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
   * The transpose of a convolution. Output pixels whose places leave the same remainders when
   * divided by the strides read the same taps of the filter, those of adjacent ones from adjacent
   * pixels: each such phase is a convolution of its own. Null where a phase reads no tap, or begins
   * within the picture.
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
        int line = filter.dim(2) * channels;
        var weights =
            new Weights(
                rows.lastTap * line + columns.lastTap * channels,
                filter.dim(1) * line,
                0,
                -conv.strideHeight() * line,
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
   * The transpose of a convolution of volumes without dilation, as {@link #transposed}. Null also
   * where the planes of a phase are not equally far apart from one volume to the next.
   */
  public static @Nullable List<SubConvolution> transposedVolume(
      Conv3DTranspose conv, Operands operands) {
    Shape output = operands.output(0).shape();
    Shape filter = operands.shape(1);
    Shape input = operands.shape(2);
    int[] strides = {conv.strideDepth(), conv.strideHeight(), conv.strideWidth()};
    List<SubConvolution> subConvolutions = new ArrayList<>();
    for (int z = 0; z < Math.min(strides[0], output.dim(1)); z++) {
      for (int y = 0; y < Math.min(strides[1], output.dim(2)); y++) {
        for (int x = 0; x < Math.min(strides[2], output.dim(3)); x++) {
          int[] place = {z, y, x};
          Phase[] phases = new Phase[3];
          for (int i = 0; i < 3; i++) {
            // The reference centers volumes also where nothing is padded.
            Phase phase =
                Phase.of(
                    Padding.SAME,
                    place[i],
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
          subConvolutions.add(phase(strides, place, phases, input, filter, output));
        }
      }
    }
    return subConvolutions;
  }

  private static SubConvolution phase(
      int[] strides, int[] place, Phase[] phases, Shape input, Shape filter, Shape output) {
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
            place[0] * plane + place[1] * output.dim(3) + place[2]);
    // Taps are read from the last to the first.
    int tap = depth * channels;
    int line = filter.dim(2) * tap;
    int area = filter.dim(1) * line;
    var weights =
        new Weights(
            planes.lastTap * area + rows.lastTap * line + columns.lastTap * tap,
            channels,
            -strides[0] * area,
            -strides[1] * line,
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
   * One direction of a phase: of {@code places} of the input and an {@code dimension} of the
   * output.
   *
   * @param outputs how many of its pixels there are
   * @param taps how many of the filter fall on each
   * @param lastTap the last of them
   * @param before how far before the first pixel of the input the first window begins
   */
  private record Phase(int outputs, int taps, int lastTap, int before) {
    static @Nullable Phase of(
        Padding padding, int place, int stride, int places, int dimension, int filter) {
      int margin = WindowGeometry.before(padding, dimension, places, new int[] {filter, stride, 1});
      int firstTap = (place + margin) % stride;
      int taps = Math.ceilDiv(filter - firstTap, stride);
      int before = taps - 1 - (place + margin) / stride;
      return taps < 1 || before < 0
          ? null
          : new Phase(
              Math.ceilDiv(dimension - place, stride),
              taps,
              firstTap + (taps - 1) * stride,
              before);
    }
  }

  /** For each of the piece's weights in row-major order, which of the layer's it is. */
  public int[] places() {
    int[] places = new int[ArraySize.product(columns, depth())];
    int at = 0;
    for (int column = 0; column < columns; column++) {
      for (int z = 0; z < planes.filter(); z++) {
        int plane = weights.first + column * weights.columnStep + z * weights.planeStep;
        for (int y = 0; y < windows.filterHeight(); y++) {
          for (int x = 0; x < windows.filterWidth(); x++) {
            int first = plane + y * weights.rowStep + x * weights.tapStep;
            for (int c = 0; c < channels; c++) {
              places[at++] = first + c * weights.channelStep;
            }
          }
        }
      }
    }
    return places;
  }

  /** Products that a sum is made of. */
  public int depth() {
    return ArraySize.product(planes.filter(), windows.taps(), channels);
  }

  /** Whether the piece has all of the layer's weights, in their order. */
  public boolean isWhole() {
    return pixels.equals(Pixels.ALL)
        && planes.equals(DepthPlanes.ONE)
        && columns == outputColumns
        && weights.channelStep == 1
        && weights.tapStep == channels
        && channels == windows.channels();
  }

  int pixelStep() {
    return pixels.step;
  }

  /** The output pixel that a row is. */
  int pixel(int row) {
    int line = row / pixels.line;
    return pixels.first
        + row % pixels.line * pixels.step
        + line % pixels.lines * pixels.lineStep
        + line / pixels.lines * pixels.imageStep;
  }

  /** How many of {@code count} rows from a row on are on one line. */
  int adjacentRows(int row, int count) {
    return Math.min(count, pixels.line - row % pixels.line);
  }
}
