package dev.whittle.train.network;

import dev.whittle.ir.tensor.Tensor;
import dev.whittle.optimize.sparse.WeightClustering;
import dev.whittle.optimize.sparse.WeightClustering.Clusters;
import java.util.Comparator;
import java.util.List;
import java.util.stream.IntStream;
import org.jspecify.annotations.Nullable;
import org.tensorflow.Output;

/**
 * Replaces weights by the centers of their clusters. Gradients reach both the centers and the
 * original weights, so that weights can move to another cluster, as in TensorFlow Model
 * Optimization.
 */
public final class ClusteringTransform extends WeightTransform {
  /** The number of steps between assignments of weights to clusters. */
  private static final long FREQUENCY = 25;

  /** The maximum number of distinct weights that are preserved as clusters. */
  private static final int MAX_PRESERVED = 256;

  private final @Nullable WeightClustering clustering;
  private final int axis;
  private String weights = "";

  /** The channel of each center if channels have clusters of their own; otherwise empty. */
  private int[] channelOfCenter = new int[0];

  /**
   * Creates a transform that clusters weights.
   *
   * @param axis the axis of output channels, used if each has its own clusters; -1 for none
   */
  public ClusteringTransform(WeightClustering clustering, int axis) {
    this.clustering = clustering;
    this.axis = axis;
  }

  private ClusteringTransform() {
    this.clustering = null;
    this.axis = -1;
  }

  /**
   * Returns a transform that preserves clusters: the distinct initial weights are the centers, and
   * every weight stays in its cluster. Weights with more than 256 distinct numbers are unchanged.
   */
  public static ClusteringTransform preservingClusters() {
    return new ClusteringTransform();
  }

  @Override
  Output<?> apply(Context context, Output<?> source) {
    weights = context.name;
    float[] numbers = context.initial.toFloats();
    int[] dims = context.initial.dims();
    Clusters found = clusters(numbers, dims);
    float[] centers = found.centers();
    if (centers.length == 0 || (clustering == null && centers.length > MAX_PRESERVED)) {
      return source;
    }
    int[] indices = found.indices();
    if (clustering != null && clustering.perChannel() && axis >= 0) {
      channelOfCenter = new int[centers.length];
      int inner = inner(dims);
      for (int i = 0; i < indices.length; i++) {
        if (indices[i] != Clusters.ZERO) {
          channelOfCenter[indices[i]] = i / inner % dims[axis];
        }
      }
    }
    // Preserved zeros refer to an additional center, which is a constant zero.
    for (int i = 0; i < indices.length; i++) {
      indices[i] = indices[i] == Clusters.ZERO ? centers.length : indices[i];
    }
    TensorFlowOps ops = context.ops;
    Output<?> table =
        context.variables.create(centersName(weights), Tensor.of(centers, centers.length));
    Output<?> assignments =
        context.variables.create(indicesName(weights), Tensor.of(indices, dims));
    Output<?> padded =
        ops.listOp(
            "ConcatV2", b -> b, List.of(table, ops.numbers(new float[1], 1)), ops.integer(0));
    Output<?> chosen = ops.op("GatherV2", padded, assignments, ops.integer(0));
    return ops.add(chosen, ops.sub(source, ops.stopGradient(source)));
  }

  /**
   * Returns the initial clusters. K-means does not follow a linear initialization, because it would
   * spread the weights over more clusters, which compress worse.
   */
  private Clusters clusters(float[] numbers, int[] dims) {
    WeightClustering chosen = clustering;
    if (chosen == null) {
      return Clusters.ofDistinct(numbers);
    }
    return chosen.start() == WeightClustering.Initialization.LINEAR
        ? chosen.initial(numbers, dims, axis)
        : chosen.cluster(numbers, dims, axis);
  }

  private int inner(int[] dims) {
    int inner = 1;
    for (int i = axis + 1; i < dims.length; i++) {
      inner *= dims[i];
    }
    return inner;
  }

  static String centersName(String weights) {
    return weights + "_centers";
  }

  private static String indicesName(String weights) {
    return weights + "_clusters";
  }

  @Override
  void beforeStep(SessionVariables variables, long step) {
    if (clustering == null || step == 0 || step % FREQUENCY != 0) {
      return;
    }
    Tensor source = variables.get(weights);
    float[] numbers = source.toFloats();
    Tensor assignments = variables.get(indicesName(weights));
    float[] centers = variables.get(centersName(weights)).toFloats();
    boolean perChannel = channelOfCenter.length > 0;
    int channels = perChannel ? source.dim(axis) : 1;
    int inner = perChannel ? inner(source.dims()) : numbers.length;
    int[][] orders = new int[channels][];
    for (int c = 0; c < channels; c++) {
      int channel = c;
      orders[c] =
          IntStream.range(0, centers.length)
              .filter(i -> !perChannel || channelOfCenter[i] == channel)
              .boxed()
              .sorted(Comparator.comparingDouble(i -> centers[i]))
              .mapToInt(Integer::intValue)
              .toArray();
    }
    for (int i = 0; i < numbers.length; i++) {
      if (assignments.getInt(i) < centers.length) {
        assignments.setInt(i, nearest(centers, orders[i / inner % channels], numbers[i]));
      }
    }
    variables.set(indicesName(weights), assignments);
  }

  /**
   * Returns the index of the nearest center, by binary search.
   *
   * @param order the indices of the candidates, by ascending center
   */
  private static int nearest(float[] centers, int[] order, float number) {
    int low = 0;
    int high = order.length - 1;
    while (low < high) {
      int middle = (low + high) >>> 1;
      float boundary = (centers[order[middle]] + centers[order[middle + 1]]) / 2;
      if (number <= boundary) {
        high = middle;
      } else {
        low = middle + 1;
      }
    }
    return order[low];
  }
}
