package dev.whittle.runtime.kernel;

/** Micro-kernels without vectors, for virtual machines that were started without the Vector API. */
final class ScalarKernels implements MicroKernels {
  /** Cephes' single-precision {@code expf}: its polynomial, highest power first. */
  static final float[] EXP = {
    1.9875691e-4f, 1.3981999e-3f, 8.333452e-3f, 4.1665796e-2f, 1.6666666e-1f, 5.0e-1f
  };

  static final float LOG2_E = 1.442695f;

  /** The natural logarithm of 2 in two parts, of which the first has few bits. */
  static final float LN2_HIGH = 6.933594e-1f;

  static final float LN2_LOW = -2.12194440e-4f;

  /** Below, results are zero in single precision; above, infinite. */
  static final float EXP_LOW = -104f;

  static final float EXP_HIGH = 89f;

  /** Cephes' single-precision {@code tanhf} for small operands, highest power first. */
  static final float[] TANH = {
    -5.7049887e-3f, 2.0639088e-2f, -5.3739715e-2f, 1.3331442e-1f, -3.333328e-1f
  };

  static final float ROOT_HALF = (float) Math.sqrt(0.5);
  static final int ROOT_HALF_BITS = Float.floatToRawIntBits(ROOT_HALF);
  static final float LOG_SCALE = 0x1p23f;
  static final float LOG_LN2_HIGH = 0.6933594f;
  static final float LOG_LN2_LOW = -2.1219444e-4f;
  static final float[] LOG = {
    7.0376836e-2f,
    -0.1151461f,
    0.116769984f,
    -0.12420141f,
    0.14249323f,
    -0.16668057f,
    0.20000714f,
    -0.24999994f,
    0.3333333f
  };

  /** Beyond, the error function is 1 in single precision. */
  static final float ERF_END = 3.832507f;

  static final float[] ERF_ABOVE = {
    2.2905065e-4f, 3.408291e-3f, 5.0955694e-2f, 0.18520832f, 1.1283791f
  };
  static final float[] ERF_BELOW = {
    -1.1791603e-7f, 2.3547966e-5f, 1.0179626e-3f, 1.407047e-2f, 0.11098505f, 0.49746925f, 1f
  };
  static final float GELU_CUBE = 0.044715f;
  static final float ROOT_TWO_OVER_PI = (float) Math.sqrt(2 / Math.PI);

  static final float TANH_NEAR = 0.625f;

  /** Quotients below 512 in single precision are off by less. */
  static final float DOUBT = 512 * 4 * 0x1p-24f;

  /** Added and subtracted, it rounds numbers of a magnitude below 2^22. */
  static final float ROUNDER = 0x1.8p23f;

  private final ScalarTiles tiles = new ScalarTiles();
  private final ScalarDepthwise depthwise = new ScalarDepthwise();
  private final ScalarWinograd winograd = new ScalarWinograd();
  private final ScalarBlocks blocks = new ScalarBlocks();
  private final ScalarPools pools = new ScalarPools(blocks);
  private final ScalarRescaling rescaler = new ScalarRescaling();
  private final float[] parts = new float[PARTS];

  @Override
  public int lanes() {
    return ScalarTiles.LANES;
  }

  @Override
  public int tileRows() {
    return ScalarTiles.ROWS;
  }

  @Override
  public void multiply(
      float[] input,
      int at,
      int[] offsets,
      int firstRow,
      int rows,
      int taps,
      int run,
      PackedMatrix matrix,
      int firstPanel,
      int lastPanel,
      float[] output,
      int outputAt,
      int outputStride,
      float min,
      float max) {
    tiles.multiply(
        input,
        at,
        offsets,
        firstRow,
        rows,
        taps,
        run,
        matrix,
        firstPanel,
        lastPanel,
        output,
        outputAt,
        outputStride,
        min,
        max);
  }

  @Override
  public void depthwise(
      float[] input,
      int[] rows,
      int[] steps,
      int lines,
      DepthwiseRow row,
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

  /** Channel by channel. */
  static void allDepthwise(
      float[] input,
      int[] rows,
      int[] steps,
      int lines,
      DepthwiseRow row,
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
    for (int y = 0; y < lines; y++) {
      for (int x = 0; x < row.outputs(); x++) {
        int to = outputAt + y * lineStep + x * pixelStep;
        for (int c = 0; c < channels; c++) {
          float sum =
              depthwise(
                  input,
                  rows,
                  steps,
                  y * row.filterHeight(),
                  row,
                  weights,
                  bias,
                  x,
                  firstChannel + c);
          output[to + c] = clamp(sum, min, max);
        }
      }
    }
  }

  /** One output. The sum goes column by column, as the sliding kernel's does. */
  private static float depthwise(
      float[] input,
      int[] rows,
      int[] steps,
      int firstRow,
      DepthwiseRow row,
      float[] weights,
      float[] bias,
      int x,
      int c) {
    float sum = bias[c];
    for (int kx = 0; kx < row.filterWidth(); kx++) {
      int column = x * row.stride() - row.before() + kx * row.dilation();
      if (column >= 0 && column < row.width()) {
        for (int ky = 0; ky < row.filterHeight(); ky++) {
          float w = weights[(ky * row.filterWidth() + kx) * row.channels() + c];
          int at = rows[firstRow + ky] + c + column * steps[firstRow + ky];
          sum = Math.fma(input[at], w, sum);
        }
      }
    }
    return sum;
  }

  /**
   * NaN stays NaN; the limit 0 makes 0 of -0. There are no branches, which would be taken at
   * random.
   */
  static float clamp(float x, float min, float max) {
    return Math.min(Math.max(x, min), max);
  }

  static float exp(float x) {
    float in = Math.min(Math.max(x, EXP_LOW), EXP_HIGH);
    float n = Math.fma(in, LOG2_E, ROUNDER) - ROUNDER;
    float r = Math.fma(n, -LN2_LOW, Math.fma(n, -LN2_HIGH, in));
    float p = EXP[0];
    for (int i = 1; i < 6; i++) {
      p = Math.fma(p, r, EXP[i]);
    }
    p = Math.fma(p, r * r, r) + 1f;
    int exponent = (int) n;
    int half = exponent >> 1;
    return p * powerOfTwo(half) * powerOfTwo(exponent - half);
  }

  private static float powerOfTwo(int exponent) {
    return Float.intBitsToFloat((exponent + 127) << 23);
  }

  private static float tanh(float x) {
    float magnitude = Math.abs(x);
    if (magnitude < TANH_NEAR) {
      float square = x * x;
      float p = TANH[0];
      for (int i = 1; i < 5; i++) {
        p = Math.fma(p, square, TANH[i]);
      }
      return Math.fma(p * square, x, x);
    }
    float far = 1f - 2f / (exp(magnitude + magnitude) + 1f);
    return x < 0 ? -far : far;
  }

  /** By the polynomial of Cephes' {@code logf}; denormal numbers are scaled up first. */
  static float log(float x) {
    boolean tiny = x < Float.MIN_NORMAL;
    float in = tiny ? x * LOG_SCALE : x;
    int bits = Float.floatToRawIntBits(in);
    int exponent = (bits - ROOT_HALF_BITS) >> 23;
    float e = exponent - (tiny ? 23f : 0f);
    float f = Float.intBitsToFloat(bits - (exponent << 23)) - 1f;
    float p = LOG[0];
    for (int i = 1; i < LOG.length; i++) {
      p = Math.fma(p, f, LOG[i]);
    }
    float square = f * f;
    float rest = Math.fma(p * f, square, e * LOG_LN2_LOW) - square * 0.5f;
    float result = Math.fma(e, LOG_LN2_HIGH, f + rest);
    if (x == Float.POSITIVE_INFINITY) {
      return x;
    }
    return x > 0 ? result : x == 0 ? Float.NEGATIVE_INFINITY : Float.NaN;
  }

  /** A quotient of polynomials with the coefficients of XLA, off by at most 3.2e-7. */
  static float erf(float x) {
    float in = clamp(x, -ERF_END, ERF_END);
    float square = in * in;
    float p = ERF_ABOVE[0];
    for (int i = 1; i < ERF_ABOVE.length; i++) {
      p = Math.fma(p, square, ERF_ABOVE[i]);
    }
    float q = ERF_BELOW[0];
    for (int i = 1; i < ERF_BELOW.length; i++) {
      q = Math.fma(q, square, ERF_BELOW[i]);
    }
    return in * p / q;
  }

  private static float geluByTanh(float x) {
    float inner = Math.fma(x * x, GELU_CUBE * x, x) * ROOT_TWO_OVER_PI;
    return x * 0.5f * (tanh(inner) + 1f);
  }

  private static float apply(Unary function, float x, float alpha) {
    return switch (function) {
      case ABS -> Math.abs(x);
      case CEIL -> (float) Math.ceil(x);
      case ELU -> x < 0 ? exp(x) - 1f : x;
      case EXP -> exp(x);
      case FLOOR -> (float) Math.floor(x);
      case GELU -> x * 0.5f * (erf(x * ROOT_HALF) + 1f);
      case GELU_BY_TANH -> geluByTanh(x);
      case HARD_SWISH -> x * Math.min(Math.max(x + 3f, 0f), 6f) * (1f / 6);
      case LEAKY_RELU -> x < 0 ? x * alpha : x;
      case LOG -> log(x);
      case LOGISTIC -> 1f / (exp(-x) + 1f);
      case NEG -> -x;
      case ROUND -> (float) Math.rint(x);
      case RSQRT -> 1f / (float) Math.sqrt(x);
      case SIGN -> Math.signum(x);
      case SQRT -> (float) Math.sqrt(x);
      case SQUARE -> x * x;
      case TANH -> tanh(x);
    };
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
    unary(function, input, at, output, to, 0, count, alpha);
  }

  static void unary(
      Unary function,
      float[] input,
      int at,
      float[] output,
      int to,
      int first,
      int last,
      float alpha) {
    for (int i = first; i < last; i++) {
      output[to + i] = apply(function, input[at + i], alpha);
    }
  }

  @Override
  public void clamp(
      float[] input, int at, float[] output, int to, int count, float min, float max) {
    blocks.clamp(input, at, output, to, count, min, max);
  }

  private static float apply(Binary function, float a, float b) {
    return switch (function) {
      case ADD -> a + b;
      case SUB -> a - b;
      case MUL -> a * b;
      case DIV -> a / b;
      case MAXIMUM -> Math.max(a, b);
      case MINIMUM -> Math.min(a, b);
      case PRELU -> a < 0 ? a * b : a;
      case SQUARED_DIFFERENCE -> (a - b) * (a - b);
    };
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

  static void binary(
      Binary function,
      float[] a,
      int aAt,
      int aStep,
      float[] b,
      int bAt,
      int bStep,
      float[] output,
      int to,
      int first,
      int last,
      float min,
      float max) {
    for (int i = first; i < last; i++) {
      float result = apply(function, a[aAt + i * aStep], b[bAt + i * bStep]);
      output[to + i] = clamp(result, min, max);
    }
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
    ScalarRows.softmax(columns, length, rows, 0, beta);
  }

  @Override
  public void exponentials(
      float[] input, int at, float[] output, int to, int count, float shift, float factor) {
    for (int i = 0; i < count; i++) {
      output[to + i] = exp((input[at + i] - shift) * factor);
    }
  }

  @Override
  public void interpolate(
      float[] input, int[] places, float[] weights, float[] output, int to, int channels) {
    blocks.interpolate(input, places, weights, output, to, channels);
  }

  static void interpolate(
      float[] input, int[] places, float[] weights, float[] output, int to, int from, int end) {
    for (int c = from; c < end; c++) {
      output[to + c] =
          input[places[0] + c] * weights[0]
              + input[places[1] + c] * weights[1]
              + input[places[2] + c] * weights[2]
              + input[places[3] + c] * weights[3];
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
      ByteSum sum,
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
      ByteSum sum,
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
  public void rescale(
      float[] sums,
      int at,
      int sumStride,
      Rescaling rescaling,
      int firstColumn,
      int columns,
      int rows,
      byte[] output,
      int to,
      int outputStride) {
    rescaler.rescale(
        sums, at, sumStride, rescaling, firstColumn, columns, rows, output, to, outputStride);
  }

  static void rescaleExactly(
      float[] sums,
      int at,
      int sumStride,
      Rescaling rescaling,
      int firstColumn,
      int columns,
      int rows,
      byte[] output,
      int to,
      int outputStride) {
    for (int row = 0; row < rows; row++) {
      int from = at + row * sumStride;
      int place = to + row * outputStride;
      for (int c = 0; c < columns; c++) {
        output[place + c] = (byte) rescaling.apply((int) sums[from + c], firstColumn + c);
      }
    }
  }

  @Override
  public void scale(
      float[] sums,
      int at,
      int sumStride,
      float[] scales,
      float[] bias,
      int firstColumn,
      float factor,
      int columns,
      int rows,
      float[] output,
      int to,
      int outputStride,
      float min,
      float max) {
    blocks.scale(
        sums,
        at,
        sumStride,
        scales,
        bias,
        firstColumn,
        factor,
        columns,
        rows,
        output,
        to,
        outputStride,
        min,
        max);
  }

  static void scale(
      float[] sums,
      int at,
      int sumStride,
      float[] scales,
      float[] bias,
      int firstColumn,
      float factor,
      int first,
      int last,
      int rows,
      float[] output,
      int to,
      int outputStride,
      float min,
      float max) {
    for (int row = 0; row < rows; row++) {
      int from = at + row * sumStride;
      int place = to + row * outputStride;
      for (int c = first; c < last; c++) {
        float product = sums[from + c] * (factor * scales[firstColumn + c]);
        output[place + c] = clamp(product + bias[firstColumn + c], min, max);
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
