package dev.whittle.train.knn;

/** Classifies points by the labels of the nearest enrolled ones. */
public interface KnnClassifier extends AutoCloseable {
  /**
   * Finds neighbors and labels of points.
   *
   * @param points coordinates of the first point, then of the second, ...
   * @throws IllegalArgumentException if that is not a whole number of points
   */
  Neighbors neighbors(float[] points);

  /** The labels of points alone; see {@link #neighbors}. */
  default int[] predict(float[] points) {
    return neighbors(points).labels();
  }

  @Override
  void close();
}
