package dev.whittle.train.knn;

/** Checks coordinates that come without a shape. */
final class PointBatch {
  private PointBatch() {}

  /** The number of points that {@code coordinates} are. */
  static int size(float[] coordinates, int columns) {
    if (coordinates.length == 0 || coordinates.length % columns != 0) {
      throw new IllegalArgumentException(
          "%d coordinates are not a whole number of points of %d"
              .formatted(coordinates.length, columns));
    }
    return coordinates.length / columns;
  }
}
