package dev.whittle.train.data;

import dev.whittle.convert.knn.LabeledPoints;
import java.util.List;
import java.util.stream.IntStream;

/** Isotropic Gaussian clusters of points, as scikit-learn's {@code make_blobs} generates them. */
public final class GaussianBlobs {
  /** The maximum magnitude of the centers' coordinates. */
  private static final double CENTER_BOX = 10;

  private GaussianBlobs() {}

  /**
   * Returns the points of {@code make_blobs(n_samples=samples, n_features=columns, centers=centers,
   * random_state=seed)} in scikit-learn 1.9.1, rounded to single precision. The coordinates of the
   * centers are uniform from -10 to 10, and the standard deviation is 1. The points are shuffled.
   *
   * @param samples the number of points
   * @param columns the number of coordinates of a point
   * @param centers the number of clusters; labels are from 0 to {@code centers - 1}
   */
  public static LabeledPoints make(int samples, int columns, int centers, int seed) {
    var random = new NumpyRandom(seed);
    double[] center = new double[centers * columns];
    for (int i = 0; i < center.length; i++) {
      center[i] = random.uniform(-CENTER_BOX, CENTER_BOX);
    }
    float[] coordinates = new float[samples * columns];
    int[] labels = new int[samples];
    int row = 0;
    for (int c = 0; c < centers; c++) {
      int count = samples / centers + (c < samples % centers ? 1 : 0);
      for (int i = 0; i < count; i++, row++) {
        labels[row] = c;
        for (int j = 0; j < columns; j++) {
          coordinates[row * columns + j] = (float) random.normal(center[c * columns + j], 1);
        }
      }
    }
    List<String> names = IntStream.range(0, centers).mapToObj(Integer::toString).toList();
    var ordered = new LabeledPoints(columns, coordinates, labels, names);
    return ordered.select(random.permutation(samples));
  }
}
