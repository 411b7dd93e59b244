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
 * Weights that are all among a few numbers, the centers of their clusters. Gradients reach both the
 * centers and the weights, which thereby can move to another cluster.
 */
public final class ClusteringTransform extends WeightTransform {
  /** Weights choose their clusters anew every so many steps. */
  private static final long FREQUENCY = 25;

  /** More different numbers than this are no clusters. */
  private static final int MAX_KEPT = 256;

  private final @Nullable WeightClustering clustering;
  private final int axis;
  private String weights = "";

  /** The channel of each center, where each channel has its own; else empty. */
  private int[] channelOfCenter = new int[0];

  /**
   * Clusters weights.
   *
   * @param axis of the channels, where each has clusters of its own; -1 for none
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
   * Takes the numbers that the weights have when training begins as centers, and leaves every
   * weight in its cluster.
   */
  public static ClusteringTransform keepingClusters() {
    return new ClusteringTransform();
  }

  @Override
  Output<?> build(Context context, Output<?> source) {
    weights = context.name;
    float[] numbers = context.initial.toFloats();
    int[] dims = context.initial.dims();
    Clusters found = clusters(numbers, dims);
    float[] centers = found.centers();
    if (centers.length == 0 || (clustering == null && centers.length > MAX_KEPT)) {
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
    // One more center is a zero that no gradient moves.
    for (int i = 0; i < indices.length; i++) {
      indices[i] = indices[i] == Clusters.ZERO ? centers.length : indices[i];
    }
    TensorFlowOps ops = context.ops;
    Output<?> table =
        context.variables.create(centersName(weights), Tensor.of(centers, centers.length));
    Output<?> places = context.variables.create(indicesName(weights), Tensor.of(indices, dims));
    Output<?> padded =
        ops.listOp(
            "ConcatV2", b -> b, List.of(table, ops.numbers(new float[1], 1)), ops.integer(0));
    Output<?> chosen = ops.op("GatherV2", padded, places, ops.integer(0));
    return ops.add(chosen, ops.sub(source, ops.stopGradient(source)));
  }

  /**
   * Centers at equal distances leave most weights in few clusters, which is what makes them
   * compress well; k-means would undo it.
   */
  private Clusters clusters(float[] numbers, int[] dims) {
    WeightClustering wanted = clustering;
    if (wanted == null) {
      return Clusters.ofDistinct(numbers);
    }
    return wanted.start() == WeightClustering.Initialization.LINEAR
        ? wanted.initial(numbers, dims, axis)
        : wanted.cluster(numbers, dims, axis);
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
  void beforeStep(SessionVariables running, long step) {
    if (clustering == null || step == 0 || step % FREQUENCY != 0) {
      return;
    }
    Tensor source = running.get(weights);
    float[] numbers = source.toFloats();
    Tensor places = running.get(indicesName(weights));
    float[] centers = running.get(centersName(weights)).toFloats();
    boolean apart = channelOfCenter.length > 0;
    int channels = apart ? source.dim(axis) : 1;
    int inner = apart ? inner(source.dims()) : numbers.length;
    int[][] orders = new int[channels][];
    for (int c = 0; c < channels; c++) {
      int channel = c;
      orders[c] =
          IntStream.range(0, centers.length)
              .filter(i -> !apart || channelOfCenter[i] == channel)
              .boxed()
              .sorted(Comparator.comparingDouble(i -> centers[i]))
              .mapToInt(Integer::intValue)
              .toArray();
    }
    for (int i = 0; i < numbers.length; i++) {
      int place = places.getInt(i);
      if (place < centers.length) {
        places.setInt(i, nearest(centers, orders[i / inner % channels], numbers[i]));
      }
    }
    running.set(indicesName(weights), places);
  }

  /**
   * The nearest center.
   *
   * @param order the places of the candidates in ascending order of the centers
   */
  private static int nearest(float[] centers, int[] order, float number) {
    int low = 0;
    int high = order.length - 1;
    while (low < high) {
      int middle = (low + high) >>> 1;
      float between = (centers[order[middle]] + centers[order[middle + 1]]) / 2;
      if (number <= between) {
        high = middle;
      } else {
        low = middle + 1;
      }
    }
    return order[low];
  }
}
