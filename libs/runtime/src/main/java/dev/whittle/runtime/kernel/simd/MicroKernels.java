package dev.whittle.runtime.kernel.simd;

import dev.whittle.ir.op.Activation.Bounds;

/**
 * The inner loops of fast kernels, over arrays. The two implementations, with the Vector API and
 * without, give the same bits: every sum consists of fused multiply-adds in an order that does not
 * depend on the number of lanes. Only the signs of zeros may differ in results that are clamped or
 * a maximum. Each thread has its own, with scratch buffers.
 */
public interface MicroKernels {
  /** Elements of a transformed 4x4 tile of Winograd's F(2x2, 3x3). */
  int WINOGRAD_ELEMENTS = 16;

  /** Partial sums of {@link #sum}, whatever the width of vectors. */
  int PARTS = 16;

  /** More lanes than any vector of floats has: the padding of arrays that vectors read. */
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

  /** Returns the number of columns of a {@link PackedMatrix} in one vector. */
  int lanes();

  /** Returns the number of rows of a GEMM's tiles. */
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

  /** Computes a block of {@code clamp(convolution + bias)} of a depthwise filter. */
  void depthwise(
      float[] input,
      InputRows inputRows,
      DepthwiseFilter filter,
      float[] output,
      DepthwiseBlock block,
      Clamp clamp);

  /** Returns whether depthwise 3x3 filters of bytes should read these in place. */
  boolean readsBytes();

  /**
   * Computes accumulators of a depthwise 3x3 filter of bytes, for some rows of the output and as
   * many channels as a vector has lanes.
   *
   * @param channel the first channel
   * @param sums receives {@code [rows, outputs, lanes]} from index {@code to} on
   */
  void depthwiseBytes(
      byte[] input,
      InputRows inputRows,
      int rows,
      Int8DepthwiseFilter filter,
      int channel,
      float[] sums,
      int to);

  /**
   * Transforms the input tiles of a Winograd convolution.
   *
   * @param indices for each tile, row by row, the index of each of its 4x4 pixels
   * @param output {@code [16, tiles, channels]}
   * @param step elements from one of a tile's 16 results to the next
   */
  void winogradInputs(
      float[] input, int[] indices, int tiles, int channels, float[] output, int step);

  /**
   * Transforms the products of a Winograd convolution to tiles of 2x2 outputs, and clamps them.
   *
   * @param sums {@code [16, tiles, width]}, of which the first {@code columns} columns are used
   * @param indices for each tile, row by row, the index of column 0 of each of its pixels; -1 for a
   *     pixel outside the output
   * @param column the output's column of the first of {@code columns}
   */
  void winogradOutputs(
      float[] sums,
      int tiles,
      int width,
      int columns,
      float[] output,
      int[] indices,
      int column,
      Clamp clamp);

  /**
   * Transforms the products of an integer Winograd convolution, which are four times too large, to
   * accumulators.
   *
   * @param sums {@code [16, tiles, width]}, integers below 2^24, and room for the results
   * @param indices for each tile the indices in {@code sums} of its two rows of two results
   */
  void winogradSums(float[] sums, int tiles, int width, int[] indices);

  /** Computes {@code output = function(input)}; {@code alpha} is the slope of LEAKY_RELU. */
  void unary(Unary function, float[] input, int at, float[] output, int to, int count, float alpha);

  /** Computes {@code output = clamp(input)}. */
  void clamp(float[] input, int at, float[] output, int to, int count, Clamp clamp);

  /** Computes {@code output = clamp(function(left, right))}. */
  void binary(
      Binary function, float[] left, float[] right, float[] output, BinaryLoop loop, Clamp clamp);

  /** Computes {@code sum += input}. */
  void add(float[] sum, int to, float[] input, int at, int count);

  /**
   * Computes the clamped maximum of some rows, channel by channel.
   *
   * @param rows the index of each row
   * @param count the number of rows
   */
  void maximum(
      float[] input, int[] rows, int count, int channels, float[] output, int to, Clamp clamp);

  /** Computes the clamped sum of some rows times {@code factor}, as {@link #maximum}. */
  void average(
      float[] input,
      int[] rows,
      int count,
      int channels,
      float factor,
      float[] output,
      int to,
      Clamp clamp);

  /** Computes the clamped maximum of some rows of bytes, as {@link #maximum} of floats. */
  void maximum(
      byte[] input,
      boolean unsigned,
      int[] rows,
      int count,
      int channels,
      byte[] output,
      int to,
      Bounds bounds);

  /**
   * Computes the clamped mean of some rows of integers, as {@link #maximum}, with ties rounded away
   * from zero.
   *
   * @param count the number of rows, at most 2^15
   */
  void mean(
      float[] input, int[] rows, int count, int channels, byte[] output, int to, Bounds bounds);

  /** Returns the sum of adjacent elements, computed as {@link #PARTS} partial sums. */
  float sum(float[] input, int at, int count);

  /** Returns the maximum of adjacent elements, NaN left out; negative infinity if there is none. */
  float maximum(float[] input, int at, int count);

  /**
   * Finds the minimum and the maximum of adjacent elements, NaN left out; infinity and negative
   * infinity if there is none.
   *
   * @param minima receives the minimum at index {@code to}
   * @param maxima receives the maximum at index {@code to}
   */
  void extremes(float[] input, int at, int count, float[] minima, float[] maxima, int to);

  /** Finds the minimum and the maximum of adjacent elements and zero, as {@link #extremes}. */
  void range(float[] input, int at, int count, float[] minima, float[] maxima, int to);

  /**
   * Computes {@code softmax(beta * x)} of each row in place.
   *
   * @param columns the transposed matrix, {@code [length, rows]}
   */
  void softmax(float[] columns, int length, int rows, float beta);

  /** Computes {@code output = exp((input - shift) * factor)}. */
  void exponentials(
      float[] input, int at, float[] output, int to, int count, float shift, float factor);

  /**
   * Interpolates a row of pixels between two rows: sums of four weighted pixels, the upper left one
   * first and the upper right one second, rounded after each operation.
   *
   * @param top index of the upper row
   * @param bottom index of the lower row
   * @param fraction distance of the new row from the upper one, between 0 and 1
   */
  void interpolate(
      float[] input,
      int top,
      int bottom,
      float fraction,
      InterpolatedColumns columns,
      float[] output,
      int to);

  /** Rounds floats between 0 and 255 to unsigned bytes, ties upward. */
  void roundToBytes(float[] input, byte[] output, int to, int count);

  /** Adds 8-bit numbers that have been converted to floats. */
  void sum(float[] left, float[] right, Int8Addition addition, byte[] output, BinaryLoop loop);

  /** Computes {@code output = (left - leftZero) * (right - rightZero)}. */
  void product(
      float[] left,
      float leftZero,
      float[] right,
      float rightZero,
      float[] output,
      BinaryLoop loop);

  /** Stores the low bytes of the first {@code count} integers. */
  void narrow(int[] input, byte[] output, int count);

  /** Converts bytes to floats. */
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
   * Quantizes floats to 8 bits: {@code clamp(round(input / scale) + zeroPoint)}, in double
   * precision, with ties rounded away from zero.
   */
  void quantize(
      float[] input,
      int at,
      double scale,
      int zeroPoint,
      Bounds bounds,
      byte[] output,
      int to,
      int count);

  /** Quantizes a row of floats dynamically to integer-valued floats. */
  void quantizeRow(
      float[] input, int at, RowQuantization quantization, float[] output, int to, int count);

  /**
   * Returns the micro-kernels of the Vector API if the virtual machine has it, else scalar ones.
   */
  static MicroKernels best() {
    return VectorModule.isPresent() ? VectorKernels.create() : new ScalarKernels();
  }
}
