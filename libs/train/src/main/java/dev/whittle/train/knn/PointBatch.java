package dev.whittle.train.knn;

/** The size of a batch of points, whose coordinates are given without a shape. */
final class PointBatch {
  private PointBatch() {}

  /**
   * Returns the number of points.
   *
   * @param coordinates the coordinates of the first point, then of the second, ...
   * @param columns the number of coordinates of a point
   * @throws IllegalArgumentException if there are no coordinates or not a multiple of {@code
   *     columns}
   */
  static int size(float[] coordinates, int columns) {
    if (coordinates.length == 0 || coordinates.length % columns != 0) {
      throw new IllegalArgumentException(
          "%d coordinates; expected a positive multiple of %d"
              .formatted(coordinates.length, columns));
    }
    return coordinates.length / columns;
  }
}
