package dev.whittle.optimize.calibrate;

import dev.whittle.ir.tensor.Tensor;
import java.lang.foreign.MemorySegment;
import org.jspecify.annotations.Nullable;

/** The statistics of one float tensor over all samples. */
public final class TensorStatistics {
  /** The maximum size of a last axis for which channel means are kept, to bound the memory. */
  private static final int MAX_CHANNELS = 1 << 16;

  private static final int CHUNK = 4096;

  /** The number of biased exponents of single precision. */
  static final int EXPONENTS = 256;

  private final Histogram histogram;
  private float min;
  private float max;
  private long count;
  private long nonFinite;
  private double @Nullable [] channelSums;
  private final long[] exponents;
  private final float[] chunk = new float[CHUNK];

  /** Creates statistics of no numbers. */
  public TensorStatistics() {
    this(
        new Histogram(),
        Float.POSITIVE_INFINITY,
        Float.NEGATIVE_INFINITY,
        0,
        0,
        null,
        new long[EXPONENTS]);
  }

  TensorStatistics(
      Histogram histogram,
      float min,
      float max,
      long count,
      long nonFinite,
      double @Nullable [] channelSums,
      long[] exponents) {
    this.histogram = histogram;
    this.min = min;
    this.max = max;
    this.count = count;
    this.nonFinite = nonFinite;
    this.channelSums = channelSums;
    this.exponents = exponents;
  }

  /** Adds the elements of a float32 tensor. Its last axis counts channels. */
  public void add(Tensor tensor) {
    int channels = tensor.rank() == 0 ? 1 : tensor.dim(tensor.rank() - 1);
    if (count == 0 && nonFinite == 0 && channels <= MAX_CHANNELS) {
      channelSums = new double[channels];
    } else if (channelSums != null && channelSums.length != channels) {
      channelSums = null;
    }
    int channel = 0;
    for (long from = 0; from < tensor.elements(); from += CHUNK) {
      int size = (int) Math.min(CHUNK, tensor.elements() - from);
      MemorySegment.copy(tensor.data(), Tensor.FLOAT, from * Float.BYTES, chunk, 0, size);
      addRange(size);
      if (channelSums != null) {
        channel = addChannels(channelSums, size, channel);
      }
    }
  }

  private void addRange(int size) {
    float low = Float.POSITIVE_INFINITY;
    float high = Float.NEGATIVE_INFINITY;
    int finite = 0;
    for (int i = 0; i < size; i++) {
      float x = chunk[i];
      if (Float.isFinite(x)) {
        low = Math.min(low, x);
        high = Math.max(high, x);
        finite++;
        exponents[Float.floatToRawIntBits(x) >>> 23 & 0xff]++;
      }
    }
    nonFinite += size - finite;
    if (finite > 0) {
      count += finite;
      min = Math.min(min, low);
      max = Math.max(max, high);
      histogram.cover(Math.max(-low, high));
      histogram.add(chunk, size);
    }
  }

  private int addChannels(double[] sums, int size, int first) {
    int channel = first;
    for (int i = 0; i < size; i++) {
      sums[channel] += chunk[i];
      if (++channel == sums.length) {
        channel = 0;
      }
    }
    return channel;
  }

  /** Adds the statistics of other samples of the same tensor. */
  public void merge(TensorStatistics other) {
    if (other.count == 0 && other.nonFinite == 0) {
      return;
    }
    double[] mine = channelSums;
    double[] theirs = other.channelSums;
    if (count == 0 && nonFinite == 0) {
      channelSums = theirs == null ? null : theirs.clone();
    } else if (mine == null || theirs == null || mine.length != theirs.length) {
      channelSums = null;
    } else {
      for (int c = 0; c < mine.length; c++) {
        mine[c] += theirs[c];
      }
    }
    min = Math.min(min, other.min);
    max = Math.max(max, other.max);
    count += other.count;
    nonFinite += other.nonFinite;
    histogram.merge(other.histogram);
    for (int e = 0; e < EXPONENTS; e++) {
      exponents[e] += other.exponents[e];
    }
  }

  /** Returns the minimum of the finite numbers; positive infinity if there are none. */
  public float min() {
    return min;
  }

  /** Returns the maximum of the finite numbers; negative infinity if there are none. */
  public float max() {
    return max;
  }

  /** Returns the number of finite numbers. */
  public long count() {
    return count;
  }

  /** Returns the number of infinities and NaN. */
  public long nonFinite() {
    return nonFinite;
  }

  /**
   * Returns the share of the nonzero numbers that quantization with a scale rounds to zero. Only
   * exponents are counted, so {@code scale / 2} is rounded down to a power of two.
   *
   * @param scale the scale of the integers, over 0
   * @return the share, from 0 to 1
   */
  public double underflowShare(double scale) {
    int limit = Math.getExponent((float) (scale / 2)) + Float.MAX_EXPONENT;
    long underflows = 0;
    long nonzero = 0;
    for (int e = 1; e < EXPONENTS; e++) {
      underflows += e < limit ? exponents[e] : 0;
      nonzero += exponents[e];
    }
    return nonzero == 0 ? 0 : (double) underflows / nonzero;
  }

  /** Returns the counts of finite numbers by biased exponent. */
  long[] exponents() {
    return exponents.clone();
  }

  /** Returns the histogram of the finite numbers. */
  public Histogram histogram() {
    return histogram;
  }

  /**
   * Returns the mean of each channel of the last axis; null if its size varies or is too large, or
   * if numbers were not finite.
   */
  public double @Nullable [] channelMeans() {
    double[] sums = channelSums;
    if (sums == null || count == 0 || nonFinite > 0) {
      return null;
    }
    double[] means = sums.clone();
    for (int c = 0; c < means.length; c++) {
      means[c] /= (double) count / means.length;
    }
    return means;
  }

  double @Nullable [] channelSums() {
    return channelSums;
  }
}
