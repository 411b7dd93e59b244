package dev.whittle.optimize.calibrate;

import dev.whittle.ir.tensor.Tensor;
import java.lang.foreign.MemorySegment;
import org.jspecify.annotations.Nullable;

/** What one float tensor held over all samples. */
public final class TensorStatistics {
  /** Last axes longer than this are not channels; their means would take too much memory. */
  private static final int MAX_CHANNELS = 1 << 16;

  private static final int CHUNK = 4096;

  /** Exponents of single precision. */
  static final int EXPONENTS = 256;

  private final Histogram histogram;
  private float min;
  private float max;
  private long count;
  private long nonFinite;
  private double @Nullable [] channelSums;
  private final long[] exponents;
  private final float[] chunk = new float[CHUNK];

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

  /** Adds the elements of a float32 tensor, whose last axis counts channels. */
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

  /** Adds what other samples showed of the same tensor. */
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

  /** The least finite number; positive infinity before there was one. */
  public float min() {
    return min;
  }

  /** The greatest finite number; negative infinity before there was one. */
  public float max() {
    return max;
  }

  /** How many finite numbers there were. */
  public long count() {
    return count;
  }

  /** How many were infinite or not a number. */
  public long nonFinite() {
    return nonFinite;
  }

  /**
   * The share of the numbers other than zero that integers of a scale take for zero, rounded down
   * to a power of two of the scale.
   */
  public double underflowShare(double scale) {
    int last = Math.getExponent((float) (scale / 2)) + Float.MAX_EXPONENT;
    long vanishing = 0;
    long all = 0;
    for (int e = 1; e < EXPONENTS; e++) {
      vanishing += e < last ? exponents[e] : 0;
      all += exponents[e];
    }
    return all == 0 ? 0 : (double) vanishing / all;
  }

  long[] exponents() {
    return exponents.clone();
  }

  public Histogram histogram() {
    return histogram;
  }

  /** The mean of each channel (of the last axis); null where its extent varies or is too large. */
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
