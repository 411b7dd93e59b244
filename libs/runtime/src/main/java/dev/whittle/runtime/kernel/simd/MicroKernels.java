package dev.whittle.runtime.kernel.simd;

import dev.whittle.runtime.kernel.geometry.DepthwiseGeometry;

/**
 * The inner loops of fast kernels, over arrays. There are two implementations, with vectors and
 * without, which give the same bits: every sum is made of fused multiply-adds in an order that does
 * not depend on how many lanes a vector has. Zeros may differ in their signs, where they are
 * clamped or the greatest. One for each thread: they may keep scratch space.
 */
public interface MicroKernels {
  /** Elements of a transformed 4x4 tile of Winograd's F(2x2, 3x3). */
  int WINOGRAD_ELEMENTS = 16;

  /** Partial sums that a sum along adjacent elements is made of, whatever the vectors' width. */
  int PARTS = 16;

  /** As many as no vector of floats has: arrays that are read by vectors have room for them. */
  int MAX_LANES = 128;

  /** Elementwise functions of one operand. */
  enum Unary {
    ABS,
    CEIL,
    ELU,
    EXP,
    FLOOR,
    GELU,
    GELU_BY_TANH,
    HARD_SWISH,
    LEAKY_RELU,
    LOG,
    LOGISTIC,
    NEG,
    ROUND,
    RSQRT,
    SIGN,
    SQRT,
    SQUARE,
    /** {@code x * logistic(x)}. */
    SWISH,
    TANH
  }

  /** Elementwise functions of two operands. */
  enum Binary {
    ADD,
    SUB,
    MUL,
    DIV,
    MAXIMUM,
    MINIMUM,
    PRELU,
    SQUARED_DIFFERENCE
  }

  /** How many columns of a {@link PackedMatrix} one vector holds. */
  int lanes();

  /** How many rows the tiles have that products are computed in. */
  int tileRows();

  /**
   * Computes a block of {@code clamp(left * matrix + bias)}.
   *
   * @param input the array that the offsets of {@code left} point into
   * @param left the rows of the left operand; their taps have {@code depth / taps} elements each
   */
  void multiply(
      float[] input,
      IndirectionBuffer left,
      PackedMatrix matrix,
      float[] output,
      GemmBlock block,
      Clamp clamp);

  /**
   * Some lines of output places of a depthwise convolution, some channels.
   *
   * @param rows where each of the filter's rows begins in {@code input}, for one line after the
   *     other: column 0
   * @param steps how far apart the columns of each of these rows are; 0 for a row of zeros, as many
   *     as a vector has lanes at least
   * @param weights {@code [height, width, channels]} of all channels
   * @param bias one for each of all channels
   * @param outputAt where the first channel of the first output goes
   * @param pixelStep how far apart outputs of a line are
   * @param lineStep how far apart lines of outputs are
   */
  void depthwise(
      float[] input,
      int[] rows,
      int[] steps,
      int lines,
      DepthwiseGeometry geometry,
      float[] weights,
      float[] bias,
      int firstChannel,
      int channels,
      float[] output,
      int outputAt,
      int pixelStep,
      int lineStep,
      float min,
      float max);

  /** Whether depthwise filters of bytes are fastest where these are read in place. */
  boolean readsBytes();

  /**
   * Sums of some lines of output places of a depthwise 3x3 filter of bytes, as many channels as a
   * vector has lanes.
   *
   * @param rows where each of the filter's rows begins in {@code input}, for one line after the
   *     other: channel 0 of column 0
   * @param steps how far apart the columns of each of these rows are; 0 for a row that is beyond
   *     the border, whose place is 0
   * @param channel the first channel
   * @param to where the first sum goes; the others follow, channels adjacent
   */
  void depthwiseBytes(
      byte[] input,
      int[] rows,
      int[] steps,
      int lines,
      Int8DepthwiseFilter filter,
      int channel,
      float[] sums,
      int to);

  /**
   * Transforms tiles of 4x4 pixels for {@code WinogradConvolution}.
   *
   * @param places where each tile's pixels are, row by row
   * @param output {@code [16, tiles, channels]}
   * @param step how far apart a tile's 16 results are
   */
  void winogradInputs(
      float[] input, int[] places, int tiles, int channels, float[] output, int step);

  /**
   * Transforms tiles of 16 products to 2x2 outputs, and clamps them.
   *
   * @param sums {@code [16, tiles, width]}, of which {@code columns} columns are there
   * @param places where each tile's outputs go, row by row: column 0; -1 for one that is not there
   * @param column which column of the output the first one is
   */
  void winogradOutputs(
      float[] sums,
      int tiles,
      int width,
      int columns,
      float[] output,
      int[] places,
      int column,
      float min,
      float max);

  /**
   * Transforms tiles of 16 products of {@code IntegerWinograd} to sums, of which they are four
   * times.
   *
   * @param sums {@code [16, tiles, width]}, whole numbers below 2^24, and room for the results
   * @param places where in {@code sums} each tile's two rows of two results go
   */
  void winogradSums(float[] sums, int tiles, int width, int[] places);

  /** {@code output = function(input)}; {@code alpha} is the slope of LEAKY_RELU. */
  void unary(Unary function, float[] input, int at, float[] output, int to, int count, float alpha);

  /** {@code output = clamp(input)}. */
  void clamp(float[] input, int at, float[] output, int to, int count, float min, float max);

  /**
   * {@code output = clamp(function(a, b))}.
   *
   * @param aStep 1, or 0 where one element of {@code a} goes with all of {@code b}
   */
  void binary(
      Binary function,
      float[] a,
      int aAt,
      int aStep,
      float[] b,
      int bAt,
      int bStep,
      float[] output,
      int to,
      int count,
      float min,
      float max);

  /** {@code sum += input}, element by element. */
  void add(float[] sum, int to, float[] input, int at, int count);

  /**
   * The clamped greatest of some rows, channel by channel.
   *
   * @param rows where they begin, {@code count} of them
   */
  void maximum(
      float[] input,
      int[] rows,
      int count,
      int channels,
      float[] output,
      int to,
      float min,
      float max);

  /** The clamped sum of some rows times {@code factor}, channel by channel. */
  void average(
      float[] input,
      int[] rows,
      int count,
      int channels,
      float factor,
      float[] output,
      int to,
      float min,
      float max);

  /** The clamped greatest byte of some rows, channel by channel; as {@link #maximum} of floats. */
  void maximum(
      byte[] input,
      boolean unsigned,
      int[] rows,
      int count,
      int channels,
      byte[] output,
      int to,
      int low,
      int high);

  /**
   * The clamped mean of some rows of whole numbers, channel by channel: halves go away from zero.
   *
   * @param count of rows, at most 2^15
   */
  void mean(
      float[] input, int[] rows, int count, int channels, byte[] output, int to, int low, int high);

  /** The sum of adjacent elements, in {@link #PARTS} parts. */
  float sum(float[] input, int at, int count);

  /** The greatest of adjacent elements that are numbers; negative infinity for none. */
  float maximum(float[] input, int at, int count);

  /**
   * The least and the greatest of adjacent elements that are numbers; infinity and negative
   * infinity for none.
   *
   * @param to where they go in {@code least} and {@code greatest}
   */
  void extremes(float[] input, int at, int count, float[] least, float[] greatest, int to);

  /** The same of elements and zero. */
  void range(float[] input, int at, int count, float[] least, float[] greatest, int to);

  /**
   * Makes floats fractions of what the exponentials of {@code beta} times them sum up to in each
   * row.
   *
   * @param columns the matrix {@code [length, rows]}: rows are not adjacent in memory
   */
  void softmax(float[] columns, int length, int rows, float beta);

  /** {@code output = exp((input - shift) * factor)}. */
  void exponentials(
      float[] input, int at, float[] output, int to, int count, float shift, float factor);

  /**
   * A line of pixels between two lines of others: weighted sums of four of them, the upper left and
   * right one first, each step rounded.
   *
   * @param top where the upper line begins in {@code input}
   * @param bottom where the lower line begins
   * @param down how far below the upper line the new one is, of 1
   * @param lefts where the pixels left of the new ones are in their lines
   * @param rights where those right of them are
   * @param aside how far the new ones are from the left ones, of 1
   */
  void interpolate(
      float[] input,
      int top,
      int bottom,
      float down,
      int[] lefts,
      int[] rights,
      float[] aside,
      int channels,
      float[] output,
      int to);

  /** Makes bytes of numbers from 0 to 255: the nearest whole ones, halves upward. */
  void roundToBytes(float[] input, byte[] output, int to, int count);

  /** Sums of 8-bit numbers that have been made floats; steps as of {@link #binary}. */
  void sum(
      float[] a,
      int aAt,
      int aStep,
      float[] b,
      int bAt,
      int bStep,
      Int8Addition sum,
      byte[] output,
      int to,
      int count);

  /** {@code output = (a - aZero) * (b - bZero)}; steps as of {@link #binary}. */
  void product(
      float[] a,
      int aAt,
      int aStep,
      float aZero,
      float[] b,
      int bAt,
      int bStep,
      float bZero,
      float[] output,
      int to,
      int count);

  /** Stores the low bytes of the first {@code count} integers. */
  void narrow(int[] input, byte[] output, int count);

  /** Makes floats of bytes. */
  void widen(byte[] input, int at, boolean unsigned, float[] output, int to, int count);

  /**
   * Requantizes accumulators to 8 bits.
   *
   * @param sums integers below 2^24 in magnitude; a vector of them is read, however few columns
   *     there are
   * @param origin index of the output's first element in its array
   */
  void requantize(
      float[] sums,
      AccumulatorBlock block,
      PackedRequantization requantization,
      byte[] output,
      int origin);

  /**
   * Dequantizes accumulators, rounding after each operation.
   *
   * @param sums integers
   * @param factor of all rows
   * @param origin index of the output's first element in its array
   */
  void dequantize(
      float[] sums,
      AccumulatorBlock block,
      Dequantization dequantization,
      float factor,
      float[] output,
      int origin);

  /**
   * Makes 8-bit numbers of floats: {@code clamp(round(input / scale) + zeroPoint)}, in double
   * precision, halves away from zero.
   */
  void quantize(
      float[] input,
      int at,
      double scale,
      int zeroPoint,
      int low,
      int high,
      byte[] output,
      int to,
      int count);

  /**
   * {@code output = clamp(round(zeroPoint + input * factor)) - zeroPoint} as whole floats, halves
   * away from zero.
   */
  void quantizeRow(
      float[] input,
      int at,
      float factor,
      float zeroPoint,
      float low,
      float high,
      float[] output,
      int to,
      int count);

  /** The micro-kernels that this virtual machine can run. */
  static MicroKernels best() {
    return VectorModule.isPresent() ? VectorKernels.create() : new ScalarKernels();
  }
}
