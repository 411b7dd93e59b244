package dev.whittle.runtime.kernel.simd;

import dev.whittle.ir.op.Activation.Bounds;
import dev.whittle.runtime.kernel.geometry.DepthwiseGeometry;

/**
 * Micro-kernels for virtual machines without the Vector API. Static methods with a first element
 * also compute the elements that vectors leave.
 */
public final class ScalarKernels implements MicroKernels {
  /** With fewer channels, blocks are not worth their copies. */
  private static final int MIN_CHANNELS = 16;

  private final ScalarGemm gemm = new ScalarGemm();
  private final ScalarDepthwise depthwise = new ScalarDepthwise();
  private final ScalarWinograd winograd = new ScalarWinograd();
  private final ScalarBlocks blocks = new ScalarBlocks();
  private final ScalarPools pools = new ScalarPools(blocks);
  private final ScalarRequantization requantization = new ScalarRequantization();
  private final float[] parts = new float[PARTS];

  @Override
  public int lanes() {
    return ScalarGemm.LANES;
  }

  @Override
  public int tileRows() {
    return ScalarGemm.ROWS;
  }

  @Override
  public void multiply(
      float[] input,
      IndirectionBuffer left,
      PackedMatrix matrix,
      float[] output,
      GemmBlock block,
      Clamp clamp) {
    gemm.multiply(input, left, matrix, output, block, clamp);
  }

  @Override
  public void depthwise(
      float[] input,
      InputRows inputRows,
      DepthwiseFilter filter,
      float[] output,
      DepthwiseBlock block,
      Clamp clamp) {
    depthwise.compute(input, inputRows, filter, output, block, clamp);
  }

  /** Returns false: the compiler vectorizes loops over bytes that are first copied to floats. */
  @Override
  public boolean readsBytes() {
    return false;
  }

  @Override
  public void depthwiseBytes(
      byte[] input,
      InputRows inputRows,
      int rows,
      Int8DepthwiseFilter filter,
      int channel,
      float[] sums,
      int to) {
    DepthwiseGeometry geometry = filter.geometry;
    int at = to;
    for (int row = 0; row < rows; row++) {
      for (int x = 0; x < geometry.outputs(); x++) {
        for (int c = channel; c < channel + lanes(); c++) {
          float sum = filter.bias[c];
          for (int tap = 0; tap < geometry.taps(); tap++) {
            int column = x * geometry.stride() - geometry.before() + tap % 3;
            int r = 3 * row + tap / 3;
            int step = inputRows.steps[r];
            boolean inside = step > 0 && column >= 0 && column < geometry.width();
            int index = inputRows.starts[r] + column * step + c;
            int element = inside ? (byte) (input[index] ^ filter.flip) : filter.paddingValue;
            sum = Math.fma(element, filter.weights[tap * geometry.channels() + c], sum);
          }
          sums[at++] = sum;
        }
      }
    }
  }

  @Override
  public void winogradInputs(
      float[] input, int[] indices, int tiles, int channels, float[] output, int step) {
    winograd.inputs(input, indices, tiles, channels, output, step);
  }

  @Override
  public void winogradOutputs(
      float[] sums,
      int tiles,
      int width,
      int columns,
      float[] output,
      int[] indices,
      int column,
      Clamp clamp) {
    winograd.outputs(sums, tiles, width, columns, output, indices, column, clamp);
  }

  @Override
  public void winogradSums(float[] sums, int tiles, int width, int[] indices) {
    winograd.sums(sums, tiles, width, indices);
  }

  @Override
  public void unary(
      Unary function, float[] input, int at, float[] output, int to, int count, float alpha) {
    ScalarFunctions.unary(function, input, at, output, to, 0, count, alpha);
  }

  @Override
  public void clamp(float[] input, int at, float[] output, int to, int count, Clamp clamp) {
    blocks.clamp(input, at, output, to, count, clamp);
  }

  @Override
  public void binary(
      Binary function, float[] left, float[] right, float[] output, BinaryLoop loop, Clamp clamp) {
    blocks.binary(function, left, right, output, loop, clamp);
  }

  @Override
  public void add(float[] sum, int to, float[] input, int at, int count) {
    blocks.add(sum, to, input, at, count);
  }

  @Override
  public void maximum(
      float[] input, int[] rows, int count, int channels, float[] output, int to, Clamp clamp) {
    pools.maximum(input, rows, count, channels, output, to, clamp);
  }

  @Override
  public void average(
      float[] input,
      int[] rows,
      int count,
      int channels,
      float factor,
      float[] output,
      int to,
      Clamp clamp) {
    pools.average(input, rows, count, channels, factor, output, to, clamp);
  }

  @Override
  public void maximum(
      byte[] input,
      boolean unsigned,
      int[] rows,
      int count,
      int channels,
      byte[] output,
      int to,
      Bounds bounds) {
    pools.maximum(input, unsigned, rows, count, channels, output, to, bounds);
  }

  @Override
  public void mean(
      float[] input, int[] rows, int count, int channels, byte[] output, int to, Bounds bounds) {
    pools.mean(input, rows, count, channels, output, to, bounds);
  }

  @Override
  public float sum(float[] input, int at, int count) {
    return sum(parts, input, at, count);
  }

  static float sum(float[] parts, float[] input, int at, int count) {
    if (count < PARTS) {
      float sum = 0;
      for (int i = 0; i < count; i++) {
        sum += input[at + i];
      }
      return sum;
    }
    int end = count / PARTS * PARTS;
    // Four parts at a time, in registers, so that no sum waits for the one before.
    for (int part = 0; part < PARTS; part += 4) {
      float a = 0;
      float b = 0;
      float c = 0;
      float d = 0;
      for (int i = at + part; i < at + end; i += PARTS) {
        a += input[i];
        b += input[i + 1];
        c += input[i + 2];
        d += input[i + 3];
      }
      parts[part] = a;
      parts[part + 1] = b;
      parts[part + 2] = c;
      parts[part + 3] = d;
    }
    return combine(parts, input, at + end, count - end);
  }

  /** Returns the sum of the parts, in pairs, and of fewer than {@link #PARTS} other elements. */
  static float combine(float[] parts, float[] input, int at, int count) {
    for (int i = 0; i < count; i++) {
      parts[i] += input[at + i];
    }
    for (int step = PARTS / 2; step > 0; step /= 2) {
      for (int i = 0; i < step; i++) {
        parts[i] += parts[i + step];
      }
    }
    return parts[0];
  }

  @Override
  public float maximum(float[] input, int at, int count) {
    if (count == 0) {
      return Float.NEGATIVE_INFINITY;
    }
    float max = blocks.extreme(Binary.MAXIMUM, input, at, count);
    if (!Float.isNaN(max)) {
      return max;
    }
    max = Float.NEGATIVE_INFINITY;
    for (int i = 0; i < count; i++) {
      max = max < input[at + i] ? input[at + i] : max;
    }
    return max;
  }

  @Override
  public void extremes(float[] input, int at, int count, float[] minima, float[] maxima, int to) {
    minima[to] = Float.POSITIVE_INFINITY;
    maxima[to] = Float.NEGATIVE_INFINITY;
    if (count == 0) {
      return;
    }
    float min = blocks.extreme(Binary.MINIMUM, input, at, count);
    if (Float.isNaN(min)) {
      extremes(input, at, 0, count, minima, maxima, to);
    } else {
      minima[to] = min;
      maxima[to] = blocks.extreme(Binary.MAXIMUM, input, at, count);
    }
  }

  /** Updates extremes with the elements from {@code first} to before {@code last}. */
  static void extremes(
      float[] input, int at, int first, int last, float[] minima, float[] maxima, int to) {
    float min = minima[to];
    float max = maxima[to];
    for (int i = first; i < last; i++) {
      float x = input[at + i];
      min = min > x ? x : min;
      max = max < x ? x : max;
    }
    minima[to] = min;
    maxima[to] = max;
  }

  @Override
  public void range(float[] input, int at, int count, float[] minima, float[] maxima, int to) {
    extremes(input, at, count, minima, maxima, to);
    minima[to] = Math.min(0, minima[to]);
    maxima[to] = Math.max(0, maxima[to]);
  }

  @Override
  public void softmax(float[] columns, int length, int rows, float beta) {
    ScalarFunctions.softmax(columns, length, rows, 0, beta);
  }

  @Override
  public void exponentials(
      float[] input, int at, float[] output, int to, int count, float shift, float factor) {
    exponentials(input, at, output, to, 0, count, shift, factor);
  }

  static void exponentials(
      float[] input,
      int at,
      float[] output,
      int to,
      int first,
      int last,
      float shift,
      float factor) {
    for (int i = first; i < last; i++) {
      output[to + i] = ScalarFunctions.exp((input[at + i] - shift) * factor);
    }
  }

  @Override
  public void interpolate(
      float[] input,
      int top,
      int bottom,
      float fraction,
      InterpolatedColumns columns,
      float[] output,
      int to) {
    int channels = columns.channels;
    for (int x = 0; x < columns.lefts.length; x++) {
      int pixel = to + x * channels;
      if (channels < MIN_CHANNELS) {
        interpolate(input, top, bottom, fraction, columns, x, output, pixel);
      } else {
        blocks.interpolate(input, top, bottom, fraction, columns, x, output, pixel);
      }
    }
  }

  /** Interpolates the pixel of one column. */
  static void interpolate(
      float[] input,
      int top,
      int bottom,
      float fraction,
      InterpolatedColumns columns,
      int x,
      float[] output,
      int to) {
    int left = columns.lefts[x];
    int right = columns.rights[x];
    float topLeft = (1 - fraction) * (1 - columns.fractions[x]);
    float topRight = (1 - fraction) * columns.fractions[x];
    float bottomLeft = fraction * (1 - columns.fractions[x]);
    float bottomRight = fraction * columns.fractions[x];
    for (int c = 0; c < columns.channels; c++) {
      output[to + c] =
          input[top + left + c] * topLeft
              + input[top + right + c] * topRight
              + input[bottom + left + c] * bottomLeft
              + input[bottom + right + c] * bottomRight;
    }
  }

  @Override
  public void roundToBytes(float[] input, byte[] output, int to, int count) {
    roundToBytes(input, output, to, 0, count);
  }

  static void roundToBytes(float[] input, byte[] output, int to, int first, int last) {
    for (int i = first; i < last; i++) {
      output[to + i] = (byte) (int) (input[i] + 0.5f);
    }
  }

  @Override
  public void sum(
      float[] left, float[] right, Int8Addition addition, byte[] output, BinaryLoop loop) {
    blocks.sum(left, right, addition, output, loop);
  }

  static void sum(
      float[] left,
      float[] right,
      Int8Addition addition,
      byte[] output,
      BinaryLoop loop,
      int first,
      int last) {
    for (int i = first; i < last; i++) {
      int x = (int) left[loop.leftOffset + i * loop.leftStep];
      int y = (int) right[loop.rightOffset + i * loop.rightStep];
      output[loop.outputOffset + i] = (byte) addition.exact(x, y);
    }
  }

  @Override
  public void product(
      float[] left,
      float leftZero,
      float[] right,
      float rightZero,
      float[] output,
      BinaryLoop loop) {
    blocks.product(left, leftZero, right, rightZero, output, loop);
  }

  static void product(
      float[] left,
      float leftZero,
      float[] right,
      float rightZero,
      float[] output,
      BinaryLoop loop,
      int first) {
    for (int i = first; i < loop.count; i++) {
      float x = left[loop.leftOffset + i * loop.leftStep] - leftZero;
      float y = right[loop.rightOffset + i * loop.rightStep] - rightZero;
      output[loop.outputOffset + i] = x * y;
    }
  }

  @Override
  public void narrow(int[] input, byte[] output, int count) {
    narrow(input, output, 0, count);
  }

  static void narrow(int[] input, byte[] output, int first, int last) {
    for (int i = first; i < last; i++) {
      output[i] = (byte) input[i];
    }
  }

  @Override
  public void widen(byte[] input, int at, boolean unsigned, float[] output, int to, int count) {
    widen(input, at, unsigned, output, to, 0, count);
  }

  static void widen(
      byte[] input, int at, boolean unsigned, float[] output, int to, int first, int last) {
    if (unsigned) {
      for (int i = first; i < last; i++) {
        output[to + i] = input[at + i] & 0xff;
      }
    } else {
      for (int i = first; i < last; i++) {
        output[to + i] = input[at + i];
      }
    }
  }

  @Override
  public void requantize(
      float[] sums,
      AccumulatorBlock block,
      PackedRequantization scales,
      byte[] output,
      int origin) {
    requantization.requantize(sums, block, scales, output, origin);
  }

  @Override
  public void dequantize(
      float[] sums,
      AccumulatorBlock block,
      Dequantization dequantization,
      float factor,
      float[] output,
      int origin) {
    blocks.dequantize(sums, block, dequantization, factor, output, origin);
  }

  /** Dequantizes the columns from {@code first} on. */
  static void dequantize(
      float[] sums,
      AccumulatorBlock block,
      Dequantization dequantization,
      float factor,
      int first,
      float[] output,
      int origin) {
    float min = dequantization.clamp.min();
    float max = dequantization.clamp.max();
    for (int row = 0; row < block.rows; row++) {
      int from = block.offset + row * block.stride;
      int to = origin + block.outputOffset + row * block.outputStride;
      for (int c = first; c < block.columns; c++) {
        int column = block.firstColumn + c;
        float product = sums[from + c] * (factor * dequantization.scales[column]);
        output[to + c] = ScalarFunctions.clamp(product + dequantization.bias[column], min, max);
      }
    }
  }

  @Override
  public void quantize(
      float[] input,
      int at,
      double scale,
      int zeroPoint,
      Bounds bounds,
      byte[] output,
      int to,
      int count) {
    quantize(input, at, scale, zeroPoint, bounds, output, to, 0, count);
  }

  static void quantize(
      float[] input,
      int at,
      double scale,
      int zeroPoint,
      Bounds bounds,
      byte[] output,
      int to,
      int first,
      int last) {
    int low = bounds.low();
    int high = bounds.high();
    for (int i = first; i < last; i++) {
      // Quotients of floats are never so close below a tie that adding one half rounds up.
      double quotient = input[at + i] / scale;
      double rounded = quotient + Math.copySign(0.5, quotient);
      double stored = Math.min(Math.max(rounded, -65536), 65536);
      output[to + i] = (byte) Math.min(Math.max((int) stored + zeroPoint, low), high);
    }
  }

  @Override
  public void quantizeRow(
      float[] input, int at, RowQuantization quantization, float[] output, int to, int count) {
    blocks.quantizeRow(input, at, quantization, output, to, count);
  }

  static void quantizeRow(
      float[] input,
      int at,
      RowQuantization quantization,
      float[] output,
      int to,
      int first,
      int last) {
    float factor = quantization.factor;
    float zeroPoint = quantization.zeroPoint;
    float low = quantization.low;
    float high = quantization.high;
    for (int i = first; i < last; i++) {
      float x = input[at + i] * factor + zeroPoint;
      float rounded = (int) x;
      float rest = x - rounded;
      if (rest >= 0.5f) {
        rounded += 1;
      } else if (rest <= -0.5f) {
        rounded -= 1;
      }
      output[to + i] = Math.min(Math.max(rounded, low), high) - zeroPoint;
    }
  }
}
