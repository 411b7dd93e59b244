package dev.whittle.train.data;

import dev.whittle.convert.knn.LabeledPoints;
import java.util.Arrays;

/**
 * A split of points for training and testing.
 *
 * @param train the points for training
 * @param test the points for testing
 */
public record TrainTestSplit(LabeledPoints train, LabeledPoints test) {
  /**
   * Returns the split of {@code train_test_split(points, test_size=testShare, random_state=seed)}
   * in scikit-learn 1.9.1, without stratification.
   *
   * @param testShare the share of the test points, over 0 and under 1; their number is rounded up
   * @throws IllegalArgumentException if either part would be empty
   */
  public static TrainTestSplit of(LabeledPoints points, double testShare, int seed) {
    int tests = (int) Math.ceil(testShare * points.rows());
    if (tests < 1 || tests >= points.rows()) {
      throw new IllegalArgumentException(
          "a test share of %s of %d points leaves one part empty"
              .formatted(testShare, points.rows()));
    }
    int[] order = new NumpyRandom(seed).permutation(points.rows());
    return new TrainTestSplit(
        points.select(Arrays.copyOfRange(order, tests, order.length)),
        points.select(Arrays.copyOf(order, tests)));
  }
}
