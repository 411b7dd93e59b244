package dev.whittle.optimize.sparse;

import dev.whittle.ir.Model;
import java.util.Arrays;
import java.util.SplittableRandom;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/**
 * Replaces weights by the nearest of a few numbers, found by k-means, so that they compress well
 * (quantization notes, section a.6). The same seed gives the same weights.
 *
 * @param clusters how many different numbers are left, 2 to 256
 * @param perChannel whether each output channel has clusters of its own
 * @param preserveZeros whether zeros stay zeros, as one of the clusters
 */
public record WeightClustering(
    int clusters, Initialization start, boolean perChannel, boolean preserveZeros, long seed) {
  /** Where the centers of clusters are at first. */
  public enum Initialization {
    /** Random weights, far from each other more likely (Arthur and Vassilvitskii, 2007). */
    KMEANS_PLUS_PLUS,
    /** Evenly from the least to the greatest weight. */
    LINEAR,
    /** So that each cluster has as many weights as the others. */
    DENSITY
  }

  private static final int MAX_ROUNDS = 100;

  public WeightClustering {
    if (clusters < 2 || clusters > 256) {
      throw new IllegalArgumentException("clusters must be 2 to 256, are " + clusters);
    }
  }

  /**
   * Clusters the float weights of a model.
   *
   * @param layers found in the name of an output of an operator; null for all
   */
  public Model apply(Model model, @Nullable Pattern layers) {
    return WeightEditor.apply(
        model,
        layers,
        Pruning.MIN_ELEMENTS,
        (numbers, dims, axis) -> {
          Clusters found = cluster(numbers, dims, axis);
          for (int i = 0; i < numbers.length; i++) {
            numbers[i] = found.center(i);
          }
        });
  }

  /** Numbers and the clusters they belong to. */
  public static final class Clusters {
    /** In {@link #indices}: a zero that stays one. */
    public static final int ZERO = -1;

    private final float[] centers;
    private final int[] indices;

    Clusters(float[] centers, int[] indices) {
      this.centers = centers;
      this.indices = indices;
    }

    /** The clusters of numbers of which many are equal: one for each other than zero. */
    public static Clusters ofDistinct(float[] numbers) {
      float[] sorted = numbers.clone();
      Arrays.sort(sorted);
      int count = 0;
      for (int i = 0; i < sorted.length; i++) {
        if (sorted[i] != 0 && (i == 0 || sorted[i] != sorted[i - 1])) {
          sorted[count++] = sorted[i];
        }
      }
      float[] centers = Arrays.copyOf(sorted, count);
      int[] indices = new int[numbers.length];
      for (int i = 0; i < indices.length; i++) {
        indices[i] = numbers[i] == 0 ? ZERO : Arrays.binarySearch(centers, numbers[i]);
      }
      return new Clusters(centers, indices);
    }

    /** The centers of all clusters, those of a channel one after another in ascending order. */
    public float[] centers() {
      return centers.clone();
    }

    /** The place among {@link #centers} of each number's cluster, or {@link #ZERO}. */
    public int[] indices() {
      return indices.clone();
    }

    float center(int i) {
      return indices[i] == ZERO ? 0 : centers[indices[i]];
    }
  }

  /**
   * Finds the clusters of one constant.
   *
   * @param axis that of channels, which counts where each has its own clusters; -1 for none
   */
  public Clusters cluster(float[] numbers, int[] dims, int axis) {
    return cluster(numbers, dims, axis, MAX_ROUNDS);
  }

  /**
   * The clusters of one constant around the centers where k-means would begin.
   *
   * @param axis that of channels, which counts where each has its own clusters; -1 for none
   */
  public Clusters begin(float[] numbers, int[] dims, int axis) {
    return cluster(numbers, dims, axis, 0);
  }

  private Clusters cluster(float[] numbers, int[] dims, int axis, int rounds) {
    int channels = perChannel && axis >= 0 ? dims[axis] : 1;
    int inner = channels == 1 ? numbers.length : 1;
    for (int i = axis + 1; channels > 1 && i < dims.length; i++) {
      inner *= dims[i];
    }
    int[] indices = new int[numbers.length];
    Arrays.fill(indices, Clusters.ZERO);
    float[] all = new float[0];
    for (int c = 0; c < channels; c++) {
      int[] places = places(numbers.length, inner, channels, c);
      float[] centers = centers(numbers, places, rounds);
      assign(numbers, places, centers, all.length, indices);
      int from = all.length;
      all = Arrays.copyOf(all, from + centers.length);
      System.arraycopy(centers, 0, all, from, centers.length);
    }
    return new Clusters(all, indices);
  }

  private static int[] places(int size, int inner, int channels, int channel) {
    int[] places = new int[size / channels];
    int at = 0;
    for (int start = channel * inner; start < size; start += channels * inner) {
      for (int i = start; i < start + inner; i++) {
        places[at++] = i;
      }
    }
    return places;
  }

  private float[] centers(float[] numbers, int[] places, int rounds) {
    float[] sorted = new float[places.length];
    int count = 0;
    for (int place : places) {
      if (!preserveZeros || numbers[place] != 0) {
        sorted[count++] = numbers[place];
      }
    }
    if (count == 0) {
      return new float[0];
    }
    sorted = Arrays.copyOf(sorted, count);
    Arrays.sort(sorted);
    boolean zeros = preserveZeros && count < places.length;
    double[] centers = centers(sorted, zeros ? clusters - 1 : clusters, rounds);
    float[] rounded = new float[centers.length];
    for (int c = 0; c < centers.length; c++) {
      rounded[c] = (float) centers[c];
    }
    Arrays.sort(rounded);
    return rounded;
  }

  private void assign(float[] numbers, int[] places, float[] centers, int first, int[] indices) {
    for (int place : places) {
      if (centers.length > 0 && (!preserveZeros || numbers[place] != 0)) {
        indices[place] = first + nearest(centers, numbers[place]);
      }
    }
  }

  private static int nearest(float[] centers, float number) {
    int at = Arrays.binarySearch(centers, number);
    if (at >= 0) {
      return at;
    }
    int above = -at - 1;
    if (above == 0) {
      return 0;
    }
    boolean closer =
        above < centers.length && centers[above] - number < number - centers[above - 1];
    return closer ? above : above - 1;
  }

  /** Lloyd's algorithm on sorted numbers: a cluster is a range of them. */
  private double[] centers(float[] sorted, int wanted, int rounds) {
    double[] sums = new double[sorted.length + 1];
    for (int i = 0; i < sorted.length; i++) {
      sums[i + 1] = sums[i] + sorted[i];
    }
    double[] centers =
        switch (start) {
          case KMEANS_PLUS_PLUS -> spread(sorted, wanted);
          case LINEAR -> linear(sorted, wanted);
          case DENSITY -> dense(sorted, wanted);
        };
    Arrays.sort(centers);
    for (int round = 0; round < rounds; round++) {
      boolean moved = false;
      int from = 0;
      for (int c = 0; c < centers.length; c++) {
        int to =
            c + 1 == centers.length
                ? sorted.length
                : firstAbove(sorted, (centers[c] + centers[c + 1]) / 2);
        if (to > from) {
          double center = (sums[to] - sums[from]) / (to - from);
          moved |= center != centers[c];
          centers[c] = center;
        }
        from = Math.max(from, to);
      }
      if (!moved) {
        break;
      }
    }
    return centers;
  }

  private static int firstAbove(float[] sorted, double limit) {
    int low = 0;
    int high = sorted.length;
    while (low < high) {
      int middle = (low + high) >>> 1;
      if (sorted[middle] > limit) {
        high = middle;
      } else {
        low = middle + 1;
      }
    }
    return low;
  }

  private double[] spread(float[] sorted, int wanted) {
    var random = new SplittableRandom(seed);
    double[] centers = new double[wanted];
    double[] distances = new double[sorted.length];
    Arrays.fill(distances, Double.POSITIVE_INFINITY);
    centers[0] = sorted[random.nextInt(sorted.length)];
    for (int c = 1; c < wanted; c++) {
      double total = 0;
      for (int i = 0; i < sorted.length; i++) {
        double d = sorted[i] - centers[c - 1];
        distances[i] = Math.min(distances[i], d * d);
        total += distances[i];
      }
      double left = total * random.nextDouble();
      int chosen = 0;
      for (; chosen < sorted.length - 1 && left >= distances[chosen]; chosen++) {
        left -= distances[chosen];
      }
      centers[c] = sorted[chosen];
    }
    return centers;
  }

  private static double[] linear(float[] sorted, int wanted) {
    double[] centers = new double[wanted];
    double low = sorted[0];
    double step = wanted == 1 ? 0 : (sorted[sorted.length - 1] - low) / (wanted - 1);
    for (int c = 0; c < wanted; c++) {
      centers[c] = low + c * step;
    }
    return centers;
  }

  private static double[] dense(float[] sorted, int wanted) {
    double[] centers = new double[wanted];
    for (int c = 0; c < wanted; c++) {
      centers[c] = sorted[(int) ((2L * c + 1) * sorted.length / (2L * wanted))];
    }
    return centers;
  }
}
