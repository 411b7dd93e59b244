package dev.whittle.train.knn;

/** The answers of a classifier for a batch of points. */
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

  /** How many neighbors each point has. */
  public int k() {
    return k;
  }

  /** The label of each point: the most frequent of its neighbors', the lowest of a tie. */
  public int[] labels() {
    return labels.clone();
  }

  /** Indices of enrolled points: the first point's neighbors, nearest first, then the second's. */
  public int[] indices() {
    return indices.clone();
  }

  /** How far each of {@link #indices} is. */
  public float[] distances() {
    return distances.clone();
  }
}
