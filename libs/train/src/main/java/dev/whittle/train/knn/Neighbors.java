package dev.whittle.train.knn;

/** The nearest neighbors and labels of a batch of points. */
public final class Neighbors {
  private final int k;
  private final int[] labels;
  private final int[] indices;
  private final float[] distances;

  Neighbors(int k, int[] labels, int[] indices, float[] distances) {
    this.k = k;
    this.labels = labels;
    this.indices = indices;
    this.distances = distances;
  }

  /** Returns the number of neighbors of each point. */
  public int k() {
    return k;
  }

  /**
   * Returns the label of each point: the most frequent one of its neighbors, the lowest of a tie.
   */
  public int[] labels() {
    return labels.clone();
  }

  /**
   * Returns the indices of the neighbors among the enrolled points, in row-major order {@code
   * [points, k]}, the nearest first.
   */
  public int[] indices() {
    return indices.clone();
  }

  /** Returns the distance to each of {@link #indices}. */
  public float[] distances() {
    return distances.clone();
  }
}
