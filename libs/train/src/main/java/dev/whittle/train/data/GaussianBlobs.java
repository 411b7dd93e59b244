package dev.whittle.train.data;

import dev.whittle.convert.knn.LabeledPoints;
import java.util.List;
import java.util.stream.IntStream;

/** Clusters of normally distributed points: scikit-learn's {@code make_blobs}. */
public final class GaussianBlobs {
  private static final double BOX = 10;

  private GaussianBlobs() {}

  /**
   * The points of {@code make_blobs(n_samples=samples, n_features=columns, centers=centers,
   * random_state=seed)} of scikit-learn 1.9.1, rounded to single precision: centers uniform in -10
   * to 10, standard deviation 1, shuffled. Labels are the centers' numbers.
   */
  public static LabeledPoints make(int samples, int columns, int centers, int seed) {
    var random = new NumpyRandom(seed);
    double[] center = new double[centers * columns];
    for (int i = 0; i < center.length; i++) {
      center[i] = random.uniform(-BOX, BOX);
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
