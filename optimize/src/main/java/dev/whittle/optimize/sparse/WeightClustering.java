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
    int clusters, Start start, boolean perChannel, boolean preserveZeros, long seed) {
  /** Where the centers of clusters are at first. */
  public enum Start {
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
          int channels = perChannel && axis >= 0 ? dims[axis] : 1;
          int inner = channels == 1 ? numbers.length : 1;
          for (int i = axis + 1; channels > 1 && i < dims.length; i++) {
            inner *= dims[i];
          }
          for (int c = 0; c < channels; c++) {
            cluster(numbers, places(numbers.length, inner, channels, c));
          }
        });
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

  private void cluster(float[] numbers, int[] places) {
    float[] sorted = new float[places.length];
    int count = 0;
    for (int place : places) {
      if (!preserveZeros || numbers[place] != 0) {
        sorted[count++] = numbers[place];
      }
    }
    sorted = Arrays.copyOf(sorted, count);
    Arrays.sort(sorted);
    boolean zeros = preserveZeros && count < places.length;
    if (count == 0) {
      return;
    }
    double[] centers = centers(sorted, zeros ? clusters - 1 : clusters);
    for (int place : places) {
      if (!zeros || numbers[place] != 0) {
        numbers[place] = (float) nearest(centers, numbers[place]);
      }
    }
  }

  /** Lloyd's algorithm on sorted numbers: a cluster is a range of them. */
  private double[] centers(float[] sorted, int wanted) {
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
    for (int round = 0; round < MAX_ROUNDS; round++) {
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

  private static double nearest(double[] centers, float number) {
    double best = centers[0];
    for (double center : centers) {
      best = Math.abs(number - center) < Math.abs(number - best) ? center : best;
    }
    return best;
  }
}
