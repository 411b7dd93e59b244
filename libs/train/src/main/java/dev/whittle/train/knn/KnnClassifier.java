package dev.whittle.train.knn;

/** A k-nearest-neighbors classifier. */
public interface KnnClassifier extends AutoCloseable {
  /**
   * Finds the nearest neighbors and the labels of points.
   *
   * @param points the coordinates of the first point, then of the second, ...
   * @throws IllegalArgumentException if the number of coordinates does not fit
   */
  Neighbors neighbors(float[] points);

  /** Returns the labels of points; see {@link #neighbors}. */
  default int[] predict(float[] points) {
    return neighbors(points).labels();
  }

  @Override
  void close();
}
