package dev.whittle.runtime.kernel.simd;

import dev.whittle.ir.op.Activation.Bounds;
import jdk.incubator.vector.ByteVector;
import jdk.incubator.vector.FloatVector;
import jdk.incubator.vector.IntVector;
import jdk.incubator.vector.VectorMask;
import jdk.incubator.vector.VectorOperators;
import jdk.incubator.vector.VectorSpecies;

/** Micro-kernels of the Vector API, for the widest vectors of the processor. */
final class VectorKernels implements MicroKernels {
  private static final VectorSpecies<Float> FLOATS = Vectors.FLOATS;
  private static final int LANES = Vectors.LANES;
  private static final VectorSpecies<Integer> INTS = Vectors.INTS;
  private static final VectorSpecies<Byte> BYTES = Vectors.BYTES;
  private static final boolean HAS_BYTES = Vectors.HAS_BYTES;
  private static final float ROUNDER = Vectors.ROUNDER;

  private final VectorGemm gemm = new VectorGemm();
  private final VectorDepthwise depthwise = new VectorDepthwise();
  private final DepthwiseFewChannels depthwiseFewChannels = new DepthwiseFewChannels();
  private final ScalarWinograd winogradFewChannels = new ScalarWinograd();
  private final VectorRequantization requantization = new VectorRequantization();
  private final float[] parts = new float[PARTS];

  /** See {@link Vectors#store}. */
  private final int[] wide = new int[LANES];

  private VectorKernels() {}

  /** Returns the micro-kernels; scalar ones where vectors are too narrow to be of use. */
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
      InputRows inputRows,
      DepthwiseFilter filter,
      float[] output,
      DepthwiseBlock block,
      Clamp clamp) {
    if (block.channels < LANES) {
      depthwiseFewChannels.compute(input, inputRows, filter, output, block, clamp);
    } else {
      depthwise.compute(input, inputRows, filter, output, block, clamp);
    }
  }

  @Override
  public boolean readsBytes() {
    return HAS_BYTES;
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
    Int8Depthwise3x3.compute(input, inputRows, rows, filter, channel, sums, to);
  }

  @Override
  public void winogradInputs(
      float[] input, int[] indices, int tiles, int channels, float[] output, int step) {
    if (channels < LANES) {
      winogradFewChannels.inputs(input, indices, tiles, channels, output, step);
    } else {
      VectorWinograd.inputs(input, indices, tiles, channels, output, step);
    }
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
    if (columns < LANES) {
      winogradFewChannels.outputs(sums, tiles, width, columns, output, indices, column, clamp);
    } else {
      VectorWinograd.outputs(sums, tiles, width, columns, output, indices, column, clamp);
    }
  }

  @Override
  public void winogradSums(float[] sums, int tiles, int width, int[] indices) {
    VectorWinograd.sums(sums, tiles, width, indices);
  }

  @Override
  public void unary(
      Unary function, float[] input, int at, float[] output, int to, int count, float alpha) {
    VectorFunctions.unary(function, input, at, output, to, count, alpha);
  }

  @Override
  public void clamp(float[] input, int at, float[] output, int to, int count, Clamp clamp) {
    VectorClamp.clamp(input, at, output, to, count, clamp);
  }

  @Override
  public void binary(
      Binary function, float[] left, float[] right, float[] output, BinaryLoop loop, Clamp clamp) {
    VectorFunctions.binary(function, left, right, output, loop, clamp);
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
      float[] input, int[] rows, int count, int channels, float[] output, int to, Clamp clamp) {
    VectorPools.maximum(input, rows, count, channels, output, to, clamp);
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
    VectorPools.average(input, rows, count, channels, factor, output, to, clamp);
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
    VectorPools.maximum(input, unsigned, rows, count, channels, output, to, bounds);
  }

  @Override
  public void mean(
      float[] input, int[] rows, int count, int channels, byte[] output, int to, Bounds bounds) {
    VectorPools.mean(wide, input, rows, count, channels, output, to, bounds);
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
      // The last vector overlaps the one before.
      FloatVector x = FloatVector.fromArray(FLOATS, input, at + count - LANES);
      first = first.blend(x, first.lt(x));
      i = count - i > LANES ? i : count;
      if (i < count) {
        FloatVector y = FloatVector.fromArray(FLOATS, input, at + i);
        second = second.blend(y, second.lt(y));
        i = count;
      }
    }
    float max = first.max(second).reduceLanes(VectorOperators.MAX);
    for (; i < count; i++) {
      max = max < input[at + i] ? input[at + i] : max;
    }
    return max;
  }

  @Override
  public void extremes(float[] input, int at, int count, float[] minima, float[] maxima, int to) {
    FloatVector min0 = FloatVector.broadcast(FLOATS, Float.POSITIVE_INFINITY);
    FloatVector min1 = min0;
    FloatVector max0 = min0.neg();
    FloatVector max1 = max0;
    int end = count / (2 * LANES) * (2 * LANES);
    for (int i = 0; i < end; i += 2 * LANES) {
      FloatVector x = FloatVector.fromArray(FLOATS, input, at + i);
      FloatVector y = FloatVector.fromArray(FLOATS, input, at + i + LANES);
      min0 = min0.blend(x, x.lt(min0));
      max0 = max0.blend(x, max0.lt(x));
      min1 = min1.blend(y, y.lt(min1));
      max1 = max1.blend(y, max1.lt(y));
    }
    minima[to] = min0.min(min1).reduceLanes(VectorOperators.MIN);
    maxima[to] = max0.max(max1).reduceLanes(VectorOperators.MAX);
    ScalarKernels.extremes(input, at, end, count, minima, maxima, to);
  }

  @Override
  public void range(float[] input, int at, int count, float[] minima, float[] maxima, int to) {
    // As integers, the bits of positive floats are in their order, those of negative floats are
    // less, and those of NaN are greater.
    IntVector sign = IntVector.broadcast(INTS, Integer.MIN_VALUE);
    IntVector min0 = IntVector.zero(INTS);
    IntVector min1 = min0;
    IntVector max0 = min0;
    IntVector max1 = min0;
    int end = count / (2 * LANES) * (2 * LANES);
    for (int i = 0; i < end; i += 2 * LANES) {
      IntVector x = FloatVector.fromArray(FLOATS, input, at + i).reinterpretAsInts();
      IntVector y = FloatVector.fromArray(FLOATS, input, at + i + LANES).reinterpretAsInts();
      max0 = max0.max(x);
      min0 = min0.max(x.lanewise(VectorOperators.XOR, sign));
      max1 = max1.max(y);
      min1 = min1.max(y.lanewise(VectorOperators.XOR, sign));
    }
    minima[to] = -Float.intBitsToFloat(min0.max(min1).reduceLanes(VectorOperators.MAX));
    maxima[to] = Float.intBitsToFloat(max0.max(max1).reduceLanes(VectorOperators.MAX));
    int from = end;
    if (Float.isNaN(minima[to]) || Float.isNaN(maxima[to])) {
      minima[to] = 0;
      maxima[to] = 0;
      from = 0;
    }
    ScalarKernels.extremes(input, at, from, count, minima, maxima, to);
  }

  @Override
  public void softmax(float[] columns, int length, int rows, float beta) {
    VectorFunctions.softmax(columns, length, rows, beta);
  }

  @Override
  public void exponentials(
      float[] input, int at, float[] output, int to, int count, float shift, float factor) {
    if (count < LANES) {
      fewExponentials(input, at, output, to, count, shift, factor);
      return;
    }
    int end = FLOATS.loopBound(count);
    vectorExponentials(input, at, output, to, end, shift, factor);
    // A vector for the rest would run too rarely to be compiled early, and be allocated until then.
    ScalarKernels.exponentials(input, at, output, to, end, count, shift, factor);
  }

  private static void vectorExponentials(
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
      float fraction,
      InterpolatedColumns columns,
      float[] output,
      int to) {
    int[] lefts = columns.lefts;
    int[] rights = columns.rights;
    float[] fractions = columns.fractions;
    int channels = columns.channels;
    // With fewer channels than lanes, a vector reads past the pixel if the array has enough
    // elements; what it stores past the new pixel, the next one replaces.
    int last = input.length - LANES - Math.max(top, bottom);
    int end = lefts.length * channels - LANES;
    for (int x = 0; x < lefts.length; x++) {
      int left = lefts[x];
      int right = rights[x];
      int pixel = x * channels;
      if (channels < LANES && (Math.max(left, right) > last || pixel > end)) {
        ScalarKernels.interpolate(input, top, bottom, fraction, columns, x, output, to + pixel);
        continue;
      }
      float topLeft = (1 - fraction) * (1 - fractions[x]);
      float topRight = (1 - fraction) * fractions[x];
      float bottomLeft = fraction * (1 - fractions[x]);
      float bottomRight = fraction * fractions[x];
      for (int i = 0; i < channels; i += LANES) {
        // The last vector overlaps the one before.
        int c = Math.max(0, Math.min(i, channels - LANES));
        FloatVector a = FloatVector.fromArray(FLOATS, input, top + left + c).mul(topLeft);
        FloatVector b = FloatVector.fromArray(FLOATS, input, top + right + c).mul(topRight);
        FloatVector d = FloatVector.fromArray(FLOATS, input, bottom + left + c).mul(bottomLeft);
        FloatVector e = FloatVector.fromArray(FLOATS, input, bottom + right + c).mul(bottomRight);
        a.add(b).add(d).add(e).intoArray(output, to + pixel + c);
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
      float[] left, float[] right, Int8Addition addition, byte[] output, BinaryLoop loop) {
    int to = loop.outputOffset;
    int i = 0;
    if (addition.maxDistance > 0) {
      FloatVector shift = FloatVector.broadcast(FLOATS, addition.shift);
      FloatVector leftFactor = FloatVector.broadcast(FLOATS, addition.left);
      FloatVector rightFactor = FloatVector.broadcast(FLOATS, addition.right);
      FloatVector low = FloatVector.broadcast(FLOATS, addition.low);
      FloatVector high = FloatVector.broadcast(FLOATS, addition.high);
      int end = FLOATS.loopBound(loop.count);
      for (; i < end; i += LANES) {
        FloatVector x = Vectors.left(left, loop, i);
        FloatVector y = Vectors.right(right, loop, i);
        FloatVector result = x.fma(leftFactor, y.fma(rightFactor, shift));
        FloatVector rounded = result.add(ROUNDER).sub(ROUNDER);
        Vectors.store(Vectors.toInts(Vectors.clamp(rounded, low, high)), output, to + i, wide);
        VectorMask<Float> doubtful =
            result.sub(rounded).abs().compare(VectorOperators.GE, addition.maxDistance);
        if (doubtful.anyTrue()) {
          for (long lanes = doubtful.toLong(); lanes != 0; lanes &= lanes - 1) {
            int lane = i + Long.numberOfTrailingZeros(lanes);
            ScalarKernels.sum(left, right, addition, output, loop, lane, lane + 1);
          }
        }
      }
    }
    ScalarKernels.sum(left, right, addition, output, loop, i, loop.count);
  }

  @Override
  public void product(
      float[] left,
      float leftZero,
      float[] right,
      float rightZero,
      float[] output,
      BinaryLoop loop) {
    int to = loop.outputOffset;
    int end = FLOATS.loopBound(loop.count);
    for (int i = 0; i < end; i += LANES) {
      FloatVector x = Vectors.left(left, loop, i).sub(leftZero);
      FloatVector y = Vectors.right(right, loop, i).sub(rightZero);
      x.mul(y).intoArray(output, to + i);
    }
    ScalarKernels.product(left, leftZero, right, rightZero, output, loop, end);
  }

  @Override
  public void narrow(int[] input, byte[] output, int count) {
    int end = HAS_BYTES ? INTS.loopBound(count) : 0;
    for (int i = 0; i < end; i += LANES) {
      IntVector x = IntVector.fromArray(INTS, input, i);
      ((ByteVector) x.castShape(BYTES, 0)).intoArray(output, i);
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
        IntVector x =
            (IntVector)
                ByteVector.fromArray(BYTES, input, at + i)
                    .convertShape(VectorOperators.ZERO_EXTEND_B2I, INTS, 0);
        ((FloatVector) x.convert(VectorOperators.I2F, 0)).intoArray(output, to + i);
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
      Bounds bounds,
      byte[] output,
      int to,
      int count) {
    VectorQuantization.quantize(input, at, scale, zeroPoint, bounds, output, to, count, wide);
  }

  @Override
  public void quantizeRow(
      float[] input, int at, RowQuantization quantization, float[] output, int to, int count) {
    VectorQuantization.quantizeRow(input, at, quantization, output, to, count);
  }
}
