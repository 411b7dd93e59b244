package dev.whittle.runtime.kernel.simd;

import dev.whittle.runtime.kernel.geometry.DepthwiseGeometry;

/**
 * Micro-kernels for virtual machines that were started without the Vector API. What takes a first
 * element is for those that vectors leave.
 */
public final class ScalarKernels implements MicroKernels {
  /** With fewer channels, blocks are not worth their copies. */
  private static final int FEW_CHANNELS = 16;

  /** Quotients below 512 in single precision are off by less. */
  static final float DOUBT = 512 * 4 * 0x1p-24f;

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
      int[] rows,
      int[] steps,
      int lines,
      DepthwiseGeometry row,
      float[] weights,
      float[] bias,
      int firstChannel,
      int channels,
      float[] output,
      int outputAt,
      int pixelStep,
      int lineStep,
      float min,
      float max) {
    depthwise.compute(
        input,
        rows,
        steps,
        lines,
        row,
        weights,
        bias,
        firstChannel,
        channels,
        output,
        outputAt,
        pixelStep,
        lineStep,
        min,
        max);
  }

  /** Copying bytes to floats first lets the compiler vectorize what comes then. */
  @Override
  public boolean readsBytes() {
    return false;
  }

  @Override
  public void depthwiseBytes(
      byte[] input,
      int[] rows,
      int[] steps,
      int lines,
      Int8DepthwiseFilter filter,
      int channel,
      float[] sums,
      int to) {
    DepthwiseGeometry row = filter.row;
    int at = to;
    for (int line = 0; line < lines; line++) {
      for (int x = 0; x < row.outputs(); x++) {
        for (int c = channel; c < channel + lanes(); c++) {
          float sum = filter.bias[c];
          for (int tap = 0; tap < row.taps(); tap++) {
            int column = x * row.stride() - row.before() + tap % 3;
            int r = 3 * line + tap / 3;
            boolean inside = steps[r] > 0 && column >= 0 && column < row.width();
            int place = rows[r] + column * steps[r] + c;
            int element = inside ? (byte) (input[place] ^ filter.flip) : filter.edge;
            sum = Math.fma(element, filter.weights[tap * row.channels() + c], sum);
          }
          sums[at++] = sum;
        }
      }
    }
  }

  @Override
  public void winogradInputs(
      float[] input, int[] places, int tiles, int channels, float[] output, int step) {
    winograd.inputs(input, places, tiles, channels, output, step);
  }

  @Override
  public void winogradOutputs(
      float[] sums,
      int tiles,
      int width,
      int columns,
      float[] output,
      int[] places,
      int column,
      float min,
      float max) {
    winograd.outputs(sums, tiles, width, columns, output, places, column, min, max);
  }

  @Override
  public void winogradSums(float[] sums, int tiles, int width, int[] places) {
    winograd.sums(sums, tiles, width, places);
  }

  @Override
  public void unary(
      Unary function, float[] input, int at, float[] output, int to, int count, float alpha) {
    ScalarFunctions.unary(function, input, at, output, to, 0, count, alpha);
  }

  @Override
  public void clamp(
      float[] input, int at, float[] output, int to, int count, float min, float max) {
    blocks.clamp(input, at, output, to, count, min, max);
  }

  @Override
  public void binary(
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
      float max) {
    blocks.binary(function, a, aAt, aStep, b, bAt, bStep, output, to, count, min, max);
  }

  @Override
  public void add(float[] sum, int to, float[] input, int at, int count) {
    blocks.add(sum, to, input, at, count);
  }

  @Override
  public void maximum(
      float[] input,
      int[] rows,
      int count,
      int channels,
      float[] output,
      int to,
      float min,
      float max) {
    pools.maximum(input, rows, count, channels, output, to, min, max);
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
      float min,
      float max) {
    pools.average(input, rows, count, channels, factor, output, to, min, max);
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
      int low,
      int high) {
    pools.maximum(input, unsigned, rows, count, channels, output, to, low, high);
  }

  @Override
  public void mean(
      float[] input,
      int[] rows,
      int count,
      int channels,
      byte[] output,
      int to,
      int low,
      int high) {
    pools.mean(input, rows, count, channels, output, to, low, high);
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
    // Some parts at a time, in registers, so that no sum waits for the one before it.
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

  /** The sum of the parts, in pairs, and of what is left over. */
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
    float greatest = blocks.extreme(Binary.MAXIMUM, input, at, count);
    if (!Float.isNaN(greatest)) {
      return greatest;
    }
    greatest = Float.NEGATIVE_INFINITY;
    for (int i = 0; i < count; i++) {
      greatest = greatest < input[at + i] ? input[at + i] : greatest;
    }
    return greatest;
  }

  @Override
  public void extremes(float[] input, int at, int count, float[] least, float[] greatest, int to) {
    least[to] = Float.POSITIVE_INFINITY;
    greatest[to] = Float.NEGATIVE_INFINITY;
    if (count == 0) {
      return;
    }
    float low = blocks.extreme(Binary.MINIMUM, input, at, count);
    if (Float.isNaN(low)) {
      extremes(input, at, 0, count, least, greatest, to);
    } else {
      least[to] = low;
      greatest[to] = blocks.extreme(Binary.MAXIMUM, input, at, count);
    }
  }

  @Override
  public void range(float[] input, int at, int count, float[] least, float[] greatest, int to) {
    extremes(input, at, count, least, greatest, to);
    least[to] = Math.min(0, least[to]);
    greatest[to] = Math.max(0, greatest[to]);
  }

  /** Further elements. */
  static void extremes(
      float[] input, int at, int first, int last, float[] least, float[] greatest, int to) {
    float low = least[to];
    float high = greatest[to];
    for (int i = first; i < last; i++) {
      float x = input[at + i];
      low = low > x ? x : low;
      high = high < x ? x : high;
    }
    least[to] = low;
    greatest[to] = high;
  }

  @Override
  public void softmax(float[] columns, int length, int rows, float beta) {
    ScalarSoftmax.softmax(columns, length, rows, 0, beta);
  }

  @Override
  public void exponentials(
      float[] input, int at, float[] output, int to, int count, float shift, float factor) {
    exponentials(input, at, output, to, 0, count, shift, factor);
  }

  static void exponentials(
      float[] input, int at, float[] output, int to, int from, int end, float shift, float factor) {
    for (int i = from; i < end; i++) {
      output[to + i] = ScalarFunctions.exp((input[at + i] - shift) * factor);
    }
  }

  @Override
  public void interpolate(
      float[] input,
      int top,
      int bottom,
      float down,
      int[] lefts,
      int[] rights,
      float[] aside,
      int channels,
      float[] output,
      int to) {
    for (int x = 0; x < lefts.length; x++) {
      int place = to + x * channels;
      if (channels < FEW_CHANNELS) {
        interpolate(
            input, top, bottom, down, lefts[x], rights[x], aside[x], channels, output, place);
      } else {
        blocks.interpolate(
            input, top, bottom, down, lefts[x], rights[x], aside[x], channels, output, place);
      }
    }
  }

  /** One pixel of {@link MicroKernels#interpolate}. */
  static void interpolate(
      float[] input,
      int top,
      int bottom,
      float down,
      int left,
      int right,
      float aside,
      int channels,
      float[] output,
      int to) {
    float topLeft = (1 - down) * (1 - aside);
    float topRight = (1 - down) * aside;
    float bottomLeft = down * (1 - aside);
    float bottomRight = down * aside;
    for (int c = 0; c < channels; c++) {
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

  static void roundToBytes(float[] input, byte[] output, int to, int from, int end) {
    for (int i = from; i < end; i++) {
      output[to + i] = (byte) (int) (input[i] + 0.5f);
    }
  }

  @Override
  public void sum(
      float[] a,
      int aAt,
      int aStep,
      float[] b,
      int bAt,
      int bStep,
      Int8Addition sum,
      byte[] output,
      int to,
      int count) {
    blocks.sum(a, aAt, aStep, b, bAt, bStep, sum, output, to, count);
  }

  static void sum(
      float[] a,
      int aAt,
      int aStep,
      float[] b,
      int bAt,
      int bStep,
      Int8Addition sum,
      byte[] output,
      int to,
      int from,
      int end) {
    for (int i = from; i < end; i++) {
      output[to + i] = (byte) sum.exact((int) a[aAt + i * aStep], (int) b[bAt + i * bStep]);
    }
  }

  @Override
  public void product(
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
      int count) {
    blocks.product(a, aAt, aStep, aZero, b, bAt, bStep, bZero, output, to, count);
  }

  static void product(
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
      int from,
      int end) {
    for (int i = from; i < end; i++) {
      output[to + i] = (a[aAt + i * aStep] - aZero) * (b[bAt + i * bStep] - bZero);
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
      int low,
      int high,
      byte[] output,
      int to,
      int count) {
    quantize(input, at, scale, zeroPoint, low, high, output, to, 0, count);
  }

  static void quantize(
      float[] input,
      int at,
      double scale,
      int zeroPoint,
      int low,
      int high,
      byte[] output,
      int to,
      int first,
      int last) {
    for (int i = first; i < last; i++) {
      // Quotients of floats are never so close below a half that adding one half rounds up.
      double quotient = input[at + i] / scale;
      double rounded = quotient + Math.copySign(0.5, quotient);
      double stored = Math.min(Math.max(rounded, -65536), 65536);
      output[to + i] = (byte) Math.min(Math.max((int) stored + zeroPoint, low), high);
    }
  }

  @Override
  public void quantizeRow(
      float[] input,
      int at,
      float factor,
      float zeroPoint,
      float low,
      float high,
      float[] output,
      int to,
      int count) {
    blocks.quantizeRow(input, at, factor, zeroPoint, low, high, output, to, count);
  }

  static void quantizeRow(
      float[] input,
      int at,
      float factor,
      float zeroPoint,
      float low,
      float high,
      float[] output,
      int to,
      int first,
      int last) {
    for (int i = first; i < last; i++) {
      float x = input[at + i] * factor + zeroPoint;
      float whole = (int) x;
      float rest = x - whole;
      if (rest >= 0.5f) {
        whole += 1;
      } else if (rest <= -0.5f) {
        whole -= 1;
      }
      output[to + i] = Math.min(Math.max(whole, low), high) - zeroPoint;
    }
  }
}
