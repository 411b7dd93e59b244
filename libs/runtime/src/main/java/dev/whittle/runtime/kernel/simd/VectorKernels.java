package dev.whittle.runtime.kernel.simd;

import dev.whittle.runtime.kernel.geometry.DepthwiseGeometry;
import dev.whittle.runtime.kernel.simd.MicroKernels.Binary;
import dev.whittle.runtime.kernel.simd.MicroKernels.Unary;
import jdk.incubator.vector.ByteVector;
import jdk.incubator.vector.FloatVector;
import jdk.incubator.vector.IntVector;
import jdk.incubator.vector.VectorMask;
import jdk.incubator.vector.VectorOperators;
import jdk.incubator.vector.VectorSpecies;

/** Micro-kernels of the Vector API, for the widest vectors that the processor has. */
final class VectorKernels implements MicroKernels {
  private static final VectorSpecies<Float> FLOATS = Vectors.FLOATS;
  private static final int LANES = Vectors.LANES;
  private static final VectorSpecies<Integer> INTS = Vectors.INTS;
  private static final VectorSpecies<Byte> BYTES = Vectors.BYTES;
  private static final boolean HAS_BYTES = Vectors.HAS_BYTES;
  private static final float ROUNDER = Vectors.ROUNDER;

  private final float[] parts = new float[PARTS];

  /** One vector on its way to bytes where these have no vectors. */
  private final int[] wide = new int[LANES];

  private final VectorGemm gemm = new VectorGemm();
  private final ScalarWinograd fewChannels = new ScalarWinograd();
  private final VectorDepthwise depthwise = new VectorDepthwise();
  private final DepthwiseFewChannels narrowDepthwise = new DepthwiseFewChannels();
  private final VectorRequantization requantization = new VectorRequantization();

  private VectorKernels() {}

  /** The micro-kernels; scalar ones where vectors are too narrow to be of use. */
  static MicroKernels create() {
    return LANES >= 4 ? new VectorKernels() : new ScalarKernels();
  }

  @Override
  public int lanes() {
    return LANES;
  }

  @Override
  public int tileRows() {
    return VectorGemm.ROWS;
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
    if (channels < LANES) {
      narrowDepthwise.compute(
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
      return;
    }
    depthwise.depthwise(
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

  @Override
  public boolean readsBytes() {
    return HAS_BYTES;
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
    Int8Depthwise3x3.lines(input, rows, steps, lines, filter, channel, sums, to);
  }

  @Override
  public void winogradInputs(
      float[] input, int[] places, int tiles, int channels, float[] output, int step) {
    if (channels < LANES) {
      fewChannels.inputs(input, places, tiles, channels, output, step);
    } else {
      VectorWinograd.inputs(input, places, tiles, channels, output, step);
    }
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
    if (columns < LANES) {
      fewChannels.outputs(sums, tiles, width, columns, output, places, column, min, max);
    } else {
      VectorWinograd.outputs(sums, tiles, width, columns, output, places, column, min, max);
    }
  }

  @Override
  public void winogradSums(float[] sums, int tiles, int width, int[] places) {
    VectorWinograd.sums(sums, tiles, width, places);
  }

  @Override
  public void unary(
      Unary function, float[] input, int at, float[] output, int to, int count, float alpha) {
    VectorFunctions.unary(function, input, at, output, to, count, alpha);
  }

  @Override
  public void clamp(
      float[] input, int at, float[] output, int to, int count, float min, float max) {
    VectorClamp.clamp(input, at, output, to, count, min, max);
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
    VectorFunctions.binary(function, a, aAt, aStep, b, bAt, bStep, output, to, count, min, max);
  }

  @Override
  public void add(float[] sum, int to, float[] input, int at, int count) {
    int i = 0;
    int end = FLOATS.loopBound(count);
    for (; i < end; i += LANES) {
      FloatVector.fromArray(FLOATS, sum, to + i)
          .add(FloatVector.fromArray(FLOATS, input, at + i))
          .intoArray(sum, to + i);
    }
    for (; i < count; i++) {
      sum[to + i] += input[at + i];
    }
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
    VectorPools.maximum(input, rows, count, channels, output, to, min, max);
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
    VectorPools.average(input, rows, count, channels, factor, output, to, min, max);
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
    VectorPools.maximum(input, unsigned, rows, count, channels, output, to, low, high);
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
    VectorPools.mean(wide, input, rows, count, channels, output, to, low, high);
  }

  @Override
  public float sum(float[] input, int at, int count) {
    if (count < PARTS || LANES > PARTS) {
      return ScalarKernels.sum(parts, input, at, count);
    }
    int end = count / PARTS * PARTS;
    for (int part = 0; part < PARTS; part += LANES) {
      FloatVector sum = FloatVector.zero(FLOATS);
      for (int i = part; i < end; i += PARTS) {
        sum = sum.add(FloatVector.fromArray(FLOATS, input, at + i));
      }
      sum.intoArray(parts, part);
    }
    return ScalarKernels.combine(parts, input, at + end, count - end);
  }

  @Override
  public float maximum(float[] input, int at, int count) {
    FloatVector first = FloatVector.broadcast(FLOATS, Float.NEGATIVE_INFINITY);
    FloatVector second = first;
    int i = 0;
    int end = count / (2 * LANES) * (2 * LANES);
    for (; i < end; i += 2 * LANES) {
      FloatVector x = FloatVector.fromArray(FLOATS, input, at + i);
      FloatVector y = FloatVector.fromArray(FLOATS, input, at + i + LANES);
      first = first.blend(x, first.lt(x));
      second = second.blend(y, second.lt(y));
    }
    if (i < count && count >= LANES) {
      // What is left, and again some before it.
      FloatVector x = FloatVector.fromArray(FLOATS, input, at + count - LANES);
      first = first.blend(x, first.lt(x));
      i = count - i > LANES ? i : count;
      if (i < count) {
        FloatVector y = FloatVector.fromArray(FLOATS, input, at + i);
        second = second.blend(y, second.lt(y));
        i = count;
      }
    }
    float result = first.max(second).reduceLanes(VectorOperators.MAX);
    for (; i < count; i++) {
      result = result < input[at + i] ? input[at + i] : result;
    }
    return result;
  }

  @Override
  public void extremes(float[] input, int at, int count, float[] least, float[] greatest, int to) {
    FloatVector low0 = FloatVector.broadcast(FLOATS, Float.POSITIVE_INFINITY);
    FloatVector low1 = low0;
    FloatVector high0 = low0.neg();
    FloatVector high1 = high0;
    int end = count / (2 * LANES) * (2 * LANES);
    for (int i = 0; i < end; i += 2 * LANES) {
      FloatVector x = FloatVector.fromArray(FLOATS, input, at + i);
      FloatVector y = FloatVector.fromArray(FLOATS, input, at + i + LANES);
      low0 = low0.blend(x, x.lt(low0));
      high0 = high0.blend(x, high0.lt(x));
      low1 = low1.blend(y, y.lt(low1));
      high1 = high1.blend(y, high1.lt(y));
    }
    least[to] = low0.min(low1).reduceLanes(VectorOperators.MIN);
    greatest[to] = high0.max(high1).reduceLanes(VectorOperators.MAX);
    ScalarKernels.extremes(input, at, end, count, least, greatest, to);
  }

  @Override
  public void range(float[] input, int at, int count, float[] least, float[] greatest, int to) {
    // Bits of floats above zero are in their order as integers, others are less, and NaN is
    // greater.
    IntVector sign = IntVector.broadcast(INTS, Integer.MIN_VALUE);
    IntVector low0 = IntVector.zero(INTS);
    IntVector low1 = low0;
    IntVector high0 = low0;
    IntVector high1 = low0;
    int end = count / (2 * LANES) * (2 * LANES);
    for (int i = 0; i < end; i += 2 * LANES) {
      IntVector x = FloatVector.fromArray(FLOATS, input, at + i).reinterpretAsInts();
      IntVector y = FloatVector.fromArray(FLOATS, input, at + i + LANES).reinterpretAsInts();
      high0 = high0.max(x);
      low0 = low0.max(x.lanewise(VectorOperators.XOR, sign));
      high1 = high1.max(y);
      low1 = low1.max(y.lanewise(VectorOperators.XOR, sign));
    }
    least[to] = -Float.intBitsToFloat(low0.max(low1).reduceLanes(VectorOperators.MAX));
    greatest[to] = Float.intBitsToFloat(high0.max(high1).reduceLanes(VectorOperators.MAX));
    int from = end;
    if (Float.isNaN(least[to]) || Float.isNaN(greatest[to])) {
      least[to] = 0;
      greatest[to] = 0;
      from = 0;
    }
    ScalarKernels.extremes(input, at, from, count, least, greatest, to);
  }

  @Override
  public void softmax(float[] columns, int length, int rows, float beta) {
    VectorSoftmax.softmax(columns, length, rows, beta);
  }

  @Override
  public void exponentials(
      float[] input, int at, float[] output, int to, int count, float shift, float factor) {
    if (count < LANES) {
      fewExponentials(input, at, output, to, count, shift, factor);
      return;
    }
    int end = FLOATS.loopBound(count);
    wholeExponentials(input, at, output, to, end, shift, factor);
    // Vectors of what is left would be objects for long: too seldom to be compiled early.
    ScalarKernels.exponentials(input, at, output, to, end, count, shift, factor);
  }

  private static void wholeExponentials(
      float[] input, int at, float[] output, int to, int end, float shift, float factor) {
    for (int i = 0; i < end; i += LANES) {
      FloatVector x = FloatVector.fromArray(FLOATS, input, at + i);
      VectorFunctions.exp(x.sub(shift).mul(factor)).intoArray(output, to + i);
    }
  }

  private static void fewExponentials(
      float[] input, int at, float[] output, int to, int count, float shift, float factor) {
    VectorMask<Float> rest = FLOATS.indexInRange(0, count);
    FloatVector x = FloatVector.fromArray(FLOATS, input, at, rest);
    VectorFunctions.exp(x.sub(shift).mul(factor)).intoArray(output, to, rest);
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
    // A vector of more lanes than channels takes what follows a pixel in memory, if there is
    // enough; what it stores too much, the next pixel replaces.
    int last = input.length - LANES - Math.max(top, bottom);
    int end = lefts.length * channels - LANES;
    for (int x = 0; x < lefts.length; x++) {
      int left = lefts[x];
      int right = rights[x];
      int place = x * channels;
      if (channels < LANES && (Math.max(left, right) > last || place > end)) {
        ScalarKernels.interpolate(
            input, top, bottom, down, left, right, aside[x], channels, output, to + place);
        continue;
      }
      float topLeft = (1 - down) * (1 - aside[x]);
      float topRight = (1 - down) * aside[x];
      float bottomLeft = down * (1 - aside[x]);
      float bottomRight = down * aside[x];
      for (int i = 0; i < channels; i += LANES) {
        // The last vector computes again some of what the one before it has.
        int c = Math.max(0, Math.min(i, channels - LANES));
        FloatVector a = FloatVector.fromArray(FLOATS, input, top + left + c).mul(topLeft);
        FloatVector b = FloatVector.fromArray(FLOATS, input, top + right + c).mul(topRight);
        FloatVector d = FloatVector.fromArray(FLOATS, input, bottom + left + c).mul(bottomLeft);
        FloatVector e = FloatVector.fromArray(FLOATS, input, bottom + right + c).mul(bottomRight);
        a.add(b).add(d).add(e).intoArray(output, to + place + c);
      }
    }
  }

  @Override
  public void roundToBytes(float[] input, byte[] output, int to, int count) {
    int i = 0;
    int end = FLOATS.loopBound(count);
    for (; i < end; i += LANES) {
      FloatVector x = FloatVector.fromArray(FLOATS, input, i).add(0.5f);
      Vectors.store(Vectors.toInts(x), output, to + i, wide);
    }
    ScalarKernels.roundToBytes(input, output, to, i, count);
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
    int i = 0;
    if (sum.sure > 0) {
      FloatVector shift = FloatVector.broadcast(FLOATS, sum.shift);
      FloatVector left = FloatVector.broadcast(FLOATS, sum.left);
      FloatVector right = FloatVector.broadcast(FLOATS, sum.right);
      FloatVector low = FloatVector.broadcast(FLOATS, sum.low);
      FloatVector high = FloatVector.broadcast(FLOATS, sum.high);
      int end = FLOATS.loopBound(count);
      for (; i < end; i += LANES) {
        FloatVector x = Vectors.load(a, aAt, i, aStep);
        FloatVector y = Vectors.load(b, bAt, i, bStep);
        FloatVector result = x.fma(left, y.fma(right, shift));
        FloatVector whole = result.add(ROUNDER).sub(ROUNDER);
        Vectors.store(Vectors.toInts(Vectors.clamp(whole, low, high)), output, to + i, wide);
        VectorMask<Float> doubt = result.sub(whole).abs().compare(VectorOperators.GE, sum.sure);
        if (doubt.anyTrue()) {
          for (long lanes = doubt.toLong(); lanes != 0; lanes &= lanes - 1) {
            int place = i + Long.numberOfTrailingZeros(lanes);
            ScalarKernels.sum(a, aAt, aStep, b, bAt, bStep, sum, output, to, place, place + 1);
          }
        }
      }
    }
    ScalarKernels.sum(a, aAt, aStep, b, bAt, bStep, sum, output, to, i, count);
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
    int end = FLOATS.loopBound(count);
    for (int i = 0; i < end; i += LANES) {
      FloatVector x = Vectors.load(a, aAt, i, aStep).sub(aZero);
      FloatVector y = Vectors.load(b, bAt, i, bStep).sub(bZero);
      x.mul(y).intoArray(output, to + i);
    }
    ScalarKernels.product(a, aAt, aStep, aZero, b, bAt, bStep, bZero, output, to, end, count);
  }

  @Override
  public void narrow(int[] input, byte[] output, int count) {
    int end = HAS_BYTES ? INTS.loopBound(count) : 0;
    for (int i = 0; i < end; i += LANES) {
      IntVector whole = IntVector.fromArray(INTS, input, i);
      ((ByteVector) whole.castShape(BYTES, 0)).intoArray(output, i);
    }
    ScalarKernels.narrow(input, output, end, count);
  }

  @Override
  public void widen(byte[] input, int at, boolean unsigned, float[] output, int to, int count) {
    int i = 0;
    int end = FLOATS.loopBound(count);
    if (HAS_BYTES && !unsigned) {
      for (; i < end; i += LANES) {
        ((FloatVector) ByteVector.fromArray(BYTES, input, at + i).castShape(FLOATS, 0))
            .intoArray(output, to + i);
      }
    } else if (HAS_BYTES) {
      for (; i < end; i += LANES) {
        IntVector wide =
            (IntVector)
                ByteVector.fromArray(BYTES, input, at + i)
                    .convertShape(VectorOperators.ZERO_EXTEND_B2I, INTS, 0);
        ((FloatVector) wide.convert(VectorOperators.I2F, 0)).intoArray(output, to + i);
      }
    }
    ScalarKernels.widen(input, at, unsigned, output, to, i, count);
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
    int end = FLOATS.loopBound(block.columns);
    for (int c = 0; c < end; c += LANES) {
      dequantize(sums, block, dequantization, factor, c, output, origin);
    }
    if (end < block.columns) {
      ScalarKernels.dequantize(sums, block, dequantization, factor, end, output, origin);
    }
  }

  /** Dequantizes one vector of columns from {@code c} on. */
  private static void dequantize(
      float[] sums,
      AccumulatorBlock block,
      Dequantization dequantization,
      float factor,
      int c,
      float[] output,
      int origin) {
    int column = block.firstColumn + c;
    FloatVector min = FloatVector.broadcast(FLOATS, dequantization.clamp.min());
    FloatVector max = FloatVector.broadcast(FLOATS, dequantization.clamp.max());
    FloatVector scale = FloatVector.fromArray(FLOATS, dequantization.scales, column).mul(factor);
    FloatVector bias = FloatVector.fromArray(FLOATS, dequantization.bias, column);
    int at = block.offset + c;
    int stride = block.stride;
    int to = origin + block.outputOffset + c;
    int outputStride = block.outputStride;
    int rows = block.rows;
    for (int row = 0; row < rows; row++) {
      FloatVector product = FloatVector.fromArray(FLOATS, sums, at + row * stride).mul(scale);
      Vectors.clamp(product.add(bias), min, max).intoArray(output, to + row * outputStride);
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
    VectorQuantization.bytes(input, at, scale, zeroPoint, low, high, output, to, count, wide);
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
    VectorQuantization.row(input, at, factor, zeroPoint, low, high, output, to, count);
  }
}
