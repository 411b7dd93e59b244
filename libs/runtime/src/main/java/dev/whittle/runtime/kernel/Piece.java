package dev.whittle.runtime.kernel;

import dev.whittle.ir.Operands;
import dev.whittle.ir.Shape;
import dev.whittle.ir.op.Conv3D;
import dev.whittle.ir.op.Conv3DTranspose;
import dev.whittle.ir.op.TransposeConv;
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
record Piece(
    Windows windows,
    Planes planes,
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
   * @param pictureStep how far apart pictures are
   * @param first the first one
   */
  record Pixels(int line, int lines, int step, int lineStep, int pictureStep, int first) {
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
  static Piece volume(Conv3D conv, Operands operands) {
    Shape input = operands.shape(0);
    Shape filter = operands.shape(1);
    Shape output = operands.output(0).shape();
    int[] across = {filter.dim(0), conv.strideDepth(), conv.dilationDepth()};
    int[] vertical = {filter.dim(1), conv.strideHeight(), conv.dilationHeight()};
    int[] horizontal = {filter.dim(2), conv.strideWidth(), conv.dilationWidth()};
    var planes =
        new Planes(
            input.dim(1),
            across[0],
            output.dim(1),
            across[1],
            across[2],
            Windows.before(conv.padding(), input.dim(1), output.dim(1), across));
    Windows windows =
        Windows.of(
            conv.padding(),
            Shape.of(
                Math.multiplyExact(input.dim(0), output.dim(1)),
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
    return new Piece(
        windows,
        planes.areAll() ? Planes.ONE : planes,
        0,
        channels,
        0,
        columns,
        columns,
        Pixels.ALL,
        new Weights(0, 1, vertical[0] * row, row, tap, columns));
  }

  /** The only piece of a layer with weights {@code [columns, height, width, channels]}. */
  static Piece whole(Windows windows, int columns) {
    return part(windows, 0, windows.channels(), 0, columns, columns, 0);
  }

  private static Piece part(
      Windows windows,
      int firstChannel,
      int channels,
      int firstColumn,
      int columns,
      int outputColumns,
      int firstWeight) {
    int row = windows.filterWidth() * channels;
    return new Piece(
        windows,
        Planes.ONE,
        firstChannel,
        channels,
        firstColumn,
        columns,
        outputColumns,
        Pixels.ALL,
        new Weights(firstWeight, windows.filterHeight() * row, 0, row, channels, 1));
  }

  /** A convolution each of whose groups of columns reads as many channels of its own. */
  static List<Piece> grouped(Windows windows, int groupChannels, int outputColumns) {
    int groups = windows.channels() / groupChannels;
    int columns = outputColumns / groups;
    int size = columns * windows.taps() * groupChannels;
    List<Piece> pieces = new ArrayList<>();
    for (int g = 0; g < groups; g++) {
      pieces.add(
          part(
              windows,
              g * groupChannels,
              groupChannels,
              g * columns,
              columns,
              outputColumns,
              g * size));
    }
    return pieces;
  }

  /** A depthwise convolution, of weights {@code [1, height, width, channels * multiplier]}. */
  static List<Piece> depthwise(Windows windows, int outputColumns) {
    int multiplier = outputColumns / windows.channels();
    int row = windows.filterWidth() * outputColumns;
    List<Piece> pieces = new ArrayList<>();
    for (int c = 0; c < windows.channels(); c++) {
      int first = c * multiplier;
      var weights = new Weights(first, 1, 0, row, outputColumns, 1);
      pieces.add(
          new Piece(
              windows, Planes.ONE, c, 1, first, multiplier, outputColumns, Pixels.ALL, weights));
    }
    return pieces;
  }

  /**
   * The transpose of a convolution. Output pixels whose places leave the same remainders when
   * divided by the strides read the same taps of the filter, those of adjacent ones from adjacent
   * pixels: each such phase is a convolution of its own. Null where a phase reads no tap, or begins
   * within the picture.
   */
  static @Nullable List<Piece> transposed(TransposeConv conv, Layer layer) {
    Shape output = layer.operands().output(0).shape();
    Shape filter = layer.operands().shape(layer.filter());
    Shape input = layer.operands().shape(layer.input());
    int channels = filter.dim(3);
    List<Piece> pieces = new ArrayList<>();
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
            new Windows(
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
        pieces.add(new Piece(windows, Planes.ONE, 0, channels, 0, depth, depth, pixels, weights));
      }
    }
    return pieces;
  }

  /**
   * The transpose of a convolution of volumes without dilation, as {@link #transposed}. Null also
   * where the planes of a phase are not equally far apart from one volume to the next.
   */
  static @Nullable List<Piece> transposedVolume(Conv3DTranspose conv, Operands operands) {
    Shape output = operands.output(0).shape();
    Shape filter = operands.shape(1);
    Shape input = operands.shape(2);
    int[] strides = {conv.strideDepth(), conv.strideHeight(), conv.strideWidth()};
    List<Piece> pieces = new ArrayList<>();
    for (int z = 0; z < Math.min(strides[0], output.dim(1)); z++) {
      for (int y = 0; y < Math.min(strides[1], output.dim(2)); y++) {
        for (int x = 0; x < Math.min(strides[2], output.dim(3)); x++) {
          int[] place = {z, y, x};
          Phase[] phases = new Phase[3];
          for (int i = 0; i < 3; i++) {
            // The reference centers volumes also where nothing is padded.
            Phase phase =
                Phase.of(
                    0, place[i], strides[i], input.dim(i + 1), output.dim(i + 1), filter.dim(i));
            if (phase == null) {
              return null;
            }
            phases[i] = phase;
          }
          if (input.dim(0) > 1 && strides[0] * phases[0].outputs != output.dim(1)) {
            return null;
          }
          pieces.add(phase(strides, place, phases, input, filter, output));
        }
      }
    }
    return pieces;
  }

  private static Piece phase(
      int[] strides, int[] place, Phase[] phases, Shape input, Shape filter, Shape output) {
    Phase planes = phases[0];
    Phase rows = phases[1];
    Phase columns = phases[2];
    int channels = input.dim(4);
    int depth = output.dim(4);
    var across = new Planes(input.dim(1), planes.taps, planes.outputs, 1, 1, planes.before);
    var windows =
        new Windows(
            Math.multiplyExact(input.dim(0), planes.outputs),
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
    return new Piece(
        windows,
        across.areAll() ? Planes.ONE : across,
        0,
        channels,
        0,
        depth,
        depth,
        pixels,
        weights);
  }

  /**
   * One direction of a phase: of {@code places} of the input and an {@code extent} of the output.
   *
   * @param outputs how many of its pixels there are
   * @param taps how many of the filter fall on each
   * @param lastTap the last of them
   * @param before how far before the first pixel of the input the first window begins
   */
  private record Phase(int outputs, int taps, int lastTap, int before) {
    static @Nullable Phase of(
        int padding, int place, int stride, int places, int extent, int filter) {
      int margin = Windows.before(padding, extent, places, new int[] {filter, stride, 1});
      int firstTap = (place + margin) % stride;
      int taps = Math.ceilDiv(filter - firstTap, stride);
      int before = taps - 1 - (place + margin) / stride;
      return taps < 1 || before < 0
          ? null
          : new Phase(
              Math.ceilDiv(extent - place, stride), taps, firstTap + (taps - 1) * stride, before);
    }
  }

  /** For each of the piece's weights in row-major order, which of the layer's it is. */
  int[] places() {
    int[] places = new int[Math.multiplyExact(columns, depth())];
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
  int depth() {
    return Math.multiplyExact(Math.multiplyExact(planes.filter(), windows.taps()), channels);
  }

  /** Whether the piece has all of the layer's weights, in their order. */
  boolean isWhole() {
    return pixels.equals(Pixels.ALL)
        && planes.equals(Planes.ONE)
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
        + line / pixels.lines * pixels.pictureStep;
  }

  /** How many of {@code count} rows from a row on are on one line. */
  int adjacentRows(int row, int count) {
    return Math.min(count, pixels.line - row % pixels.line);
  }
}
