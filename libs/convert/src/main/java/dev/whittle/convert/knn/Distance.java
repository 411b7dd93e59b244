package dev.whittle.convert.knn;

/** A measure of the distance of two points. */
public enum Distance {
  /** The Euclidean distance: the root of the summed squares of the differences. */
  L2,
  /** The summed squares of the differences: the order of {@link #L2} without a root. */
  SQUARED_L2,
  /** One minus the cosine of the angle, 0 to 2; from the origin, which has no direction, 1/2. */
  COSINE
}
