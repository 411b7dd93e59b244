package dev.whittle.train.data;

import dev.whittle.convert.knn.LabeledPoints;
import java.util.Arrays;

/** A division of points into those to learn from and those to test with. */
public record TrainTestSplit(LabeledPoints train, LabeledPoints test) {
  /**
   * The division of {@code train_test_split(points, test_size=testShare, random_state=seed)} of
   * scikit-learn 1.9.1, without stratification.
   *
   * @param testShare the share of the points to test with, rounded up to whole points
   * @throws IllegalArgumentException if either part would be empty
   */
  public static TrainTestSplit of(LabeledPoints points, double testShare, int seed) {
    int tests = (int) Math.ceil(testShare * points.rows());
    if (tests < 1 || tests >= points.rows()) {
      throw new IllegalArgumentException(
          "a share of %s of %d points leaves none to test or to learn from"
              .formatted(testShare, points.rows()));
    }
    int[] order = new NumpyRandom(seed).permutation(points.rows());
    return new TrainTestSplit(
        points.select(Arrays.copyOfRange(order, tests, order.length)),
        points.select(Arrays.copyOf(order, tests)));
  }
}
