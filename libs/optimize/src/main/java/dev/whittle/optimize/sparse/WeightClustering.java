package dev.whittle.optimize.sparse;

import dev.whittle.ir.Model;
import java.util.Arrays;
import java.util.SplittableRandom;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/**
 * Weight clustering, or weight sharing (Han et al., "Deep compression", 2016): replaces each weight
 * by the nearest of a few cluster centers, so that the model compresses well. Centers are found by
 * k-means in one dimension. Equal seeds give equal weights.
 *
 * @param clusters the number of distinct weights that remain, from 2 to 256
 * @param start the initialization of the centers
 * @param perChannel whether each output channel has clusters of its own
 * @param preserveZeros whether zeros stay zero; they then form one of the clusters
 * @param seed the seed of the random initialization
 */
public record WeightClustering(
    int clusters, Initialization start, boolean perChannel, boolean preserveZeros, long seed) {
  /** An initialization of cluster centers. */
  public enum Initialization {
    /**
     * Random weights, chosen with probabilities that grow with the distance to the centers so far
     * (D. Arthur and S. Vassilvitskii, "k-means++: the advantages of careful seeding", 2007).
     */
    KMEANS_PLUS_PLUS,
    /** Centers at equal distances from the minimum to the maximum weight. */
    LINEAR,
    /** Quantiles of the weights, so that all clusters have the same size. */
    DENSITY
  }

  private static final int MAX_ROUNDS = 100;

  public WeightClustering {
    if (clusters < 2 || clusters > 256) {
      throw new IllegalArgumentException("clusters must be 2 to 256, not " + clusters);
    }
  }

  /**
   * Returns the model with clustered float weights.
   *
   * @param layers a pattern that is searched in the names of an operator's outputs; null for all
   * @throws NoMatchingWeightsException if no weights match
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

  /** An assignment of numbers to clusters. */
  public static final class Clusters {
    /** The index of a zero that is preserved, in {@link #indices}. */
    public static final int ZERO = -1;

    private final float[] centers;
    private final int[] indices;

    Clusters(float[] centers, int[] indices) {
      this.centers = centers;
      this.indices = indices;
    }

    /** Returns a cluster for each distinct number other than zero. */
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

    /** Returns the centers of all clusters, channel by channel, ascending within a channel. */
    public float[] centers() {
      return centers.clone();
    }

    /** Returns the index into {@link #centers} for each number, or {@link #ZERO}. */
    public int[] indices() {
      return indices.clone();
    }

    /** Returns the center of number {@code i}. */
    float center(int i) {
      return indices[i] == ZERO ? 0 : centers[indices[i]];
    }
  }

  /**
   * Returns the clusters of one constant after k-means has converged.
   *
   * @param numbers the weights in row-major order
   * @param dims their shape
   * @param axis the axis of output channels, used if each has its own clusters; -1 for none
   */
  public Clusters cluster(float[] numbers, int[] dims, int axis) {
    return cluster(numbers, dims, axis, MAX_ROUNDS);
  }

  /**
   * Returns the clusters of one constant around the initial centers, without k-means.
   *
   * @param numbers the weights in row-major order
   * @param dims their shape
   * @param axis the axis of output channels, used if each has its own clusters; -1 for none
   */
  public Clusters initial(float[] numbers, int[] dims, int axis) {
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
      int[] elements = elements(numbers.length, inner, channels, c);
      float[] centers = centers(numbers, elements, rounds);
      assign(numbers, elements, centers, all.length, indices);
      int from = all.length;
      all = Arrays.copyOf(all, from + centers.length);
      System.arraycopy(centers, 0, all, from, centers.length);
    }
    return new Clusters(all, indices);
  }

  /** Returns the indices of a channel's elements. */
  private static int[] elements(int size, int inner, int channels, int channel) {
    int[] elements = new int[size / channels];
    int count = 0;
    for (int start = channel * inner; start < size; start += channels * inner) {
      for (int i = start; i < start + inner; i++) {
        elements[count++] = i;
      }
    }
    return elements;
  }

  private float[] centers(float[] numbers, int[] elements, int rounds) {
    float[] sorted = new float[elements.length];
    int count = 0;
    for (int i : elements) {
      if (!preserveZeros || numbers[i] != 0) {
        sorted[count++] = numbers[i];
      }
    }
    if (count == 0) {
      return new float[0];
    }
    sorted = Arrays.copyOf(sorted, count);
    Arrays.sort(sorted);
    boolean zeros = preserveZeros && count < elements.length;
    double[] centers = centers(sorted, zeros ? clusters - 1 : clusters, rounds);
    float[] rounded = new float[centers.length];
    for (int c = 0; c < centers.length; c++) {
      rounded[c] = (float) centers[c];
    }
    Arrays.sort(rounded);
    return rounded;
  }

  private void assign(float[] numbers, int[] elements, float[] centers, int first, int[] indices) {
    for (int i : elements) {
      if (centers.length > 0 && (!preserveZeros || numbers[i] != 0)) {
        indices[i] = first + nearest(centers, numbers[i]);
      }
    }
  }

  private static int nearest(float[] centers, float number) {
    int found = Arrays.binarySearch(centers, number);
    if (found >= 0) {
      return found;
    }
    int above = -found - 1;
    if (above == 0) {
      return 0;
    }
    boolean closer =
        above < centers.length && centers[above] - number < number - centers[above - 1];
    return closer ? above : above - 1;
  }

  /** Runs Lloyd's algorithm on sorted numbers, among which each cluster is a contiguous range. */
  private double[] centers(float[] sorted, int count, int rounds) {
    double[] sums = new double[sorted.length + 1];
    for (int i = 0; i < sorted.length; i++) {
      sums[i + 1] = sums[i] + sorted[i];
    }
    double[] centers =
        switch (start) {
          case KMEANS_PLUS_PLUS -> kMeansPlusPlus(sorted, count);
          case LINEAR -> linear(sorted, count);
          case DENSITY -> quantiles(sorted, count);
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

  private double[] kMeansPlusPlus(float[] sorted, int count) {
    var random = new SplittableRandom(seed);
    double[] centers = new double[count];
    double[] distances = new double[sorted.length];
    Arrays.fill(distances, Double.POSITIVE_INFINITY);
    centers[0] = sorted[random.nextInt(sorted.length)];
    for (int c = 1; c < count; c++) {
      double total = 0;
      for (int i = 0; i < sorted.length; i++) {
        double d = sorted[i] - centers[c - 1];
        distances[i] = Math.min(distances[i], d * d);
        total += distances[i];
      }
      double remaining = total * random.nextDouble();
      int chosen = 0;
      for (; chosen < sorted.length - 1 && remaining >= distances[chosen]; chosen++) {
        remaining -= distances[chosen];
      }
      centers[c] = sorted[chosen];
    }
    return centers;
  }

  private static double[] linear(float[] sorted, int count) {
    double[] centers = new double[count];
    double low = sorted[0];
    double step = count == 1 ? 0 : (sorted[sorted.length - 1] - low) / (count - 1);
    for (int c = 0; c < count; c++) {
      centers[c] = low + c * step;
    }
    return centers;
  }

  private static double[] quantiles(float[] sorted, int count) {
    double[] centers = new double[count];
    for (int c = 0; c < count; c++) {
      centers[c] = sorted[(int) ((2L * c + 1) * sorted.length / (2L * count))];
    }
    return centers;
  }
}
