package dev.whittle.train.knn;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.whittle.convert.knn.Distance;
import dev.whittle.convert.knn.LabeledPoints;
import dev.whittle.tflite.TfliteWriter;
import dev.whittle.train.data.GaussianBlobs;
import dev.whittle.train.data.TrainTestSplit;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.regex.Pattern;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

class KnnExperimentTest {
  private static final TrainTestSplit ARTICLE =
      TrainTestSplit.of(GaussianBlobs.make(1000, 2, 5, 0), 0.3, 0);

  @Test
  void everyEngineReproducesTheArticle() {
    KnnExperiment.Result result = KnnExperiment.run(ARTICLE, 3, Distance.L2, line -> {});
    assertEquals(3, result.outcomes().size(), "TensorFlow and two engines");
    for (KnnExperiment.Outcome outcome : result.outcomes()) {
      assertEquals(0.9433333333333334, outcome.accuracy(), outcome.name());
      assertTrue(outcome.isIdentical(), outcome.name());
      assertEquals(0, outcome.maxDifference(), 1e-6, outcome.name());
    }
  }

  @Test
  void findsTheNeighborsOfThePythonProgram() throws IOException {
    String json = Files.readString(Path.of("../../quality/testdata/knn/neighbors.json"));
    var numbers = Pattern.compile("\\d+").matcher(json.substring(json.indexOf("\"indices\"")));
    int[] expected = new int[900];
    for (int i = 0; i < expected.length && numbers.find(); i++) {
      expected[i] = Integer.parseInt(numbers.group());
    }
    try (var knn = new TensorFlowKnn(ARTICLE.train(), 3, Distance.L2)) {
      assertArrayEquals(expected, knn.neighbors(ARTICLE.test().coordinates()).indices());
    }
  }

  @ParameterizedTest
  @EnumSource(Distance.class)
  void matrixMultiplicationFindsTheSameNeighbors(Distance distance) {
    LabeledPoints distant = shifted(GaussianBlobs.make(3000, 40, 7, 11), 50);
    TrainTestSplit data = TrainTestSplit.of(distant, 0.1, 5);
    KnnExperiment.Result result = KnnExperiment.run(data, 10, distance, line -> {});
    int[] brute = bruteForce(data, 10, distance);
    for (KnnExperiment.Outcome outcome : result.outcomes()) {
      assertTrue(outcome.isIdentical(), outcome.name());
    }
    try (var tflite = TfliteKnn.of(TfliteWriter.toBytes(result.model()), "reference")) {
      Neighbors found = tflite.neighbors(data.test().coordinates());
      assertArrayEquals(brute, found.indices());
    }
  }

  private static LabeledPoints shifted(LabeledPoints points, float by) {
    float[] coordinates = points.coordinates().clone();
    for (int i = 0; i < coordinates.length; i++) {
      coordinates[i] += by * (i % points.columns() % 3);
    }
    return new LabeledPoints(points.columns(), coordinates, points.labels(), points.labelNames());
  }

  private static int[] bruteForce(TrainTestSplit data, int k, Distance distance) {
    LabeledPoints train = data.train();
    LabeledPoints test = data.test();
    int columns = train.columns();
    int[] nearest = new int[test.rows() * k];
    for (int t = 0; t < test.rows(); t++) {
      double[] distances = new double[train.rows()];
      Integer[] order = new Integer[train.rows()];
      for (int i = 0; i < distances.length; i++) {
        distances[i] = distance(train, i, test, t, columns, distance);
        order[i] = i;
      }
      Arrays.sort(order, (a, b) -> Double.compare(distances[a], distances[b]));
      for (int i = 0; i < k; i++) {
        nearest[t * k + i] = order[i];
      }
    }
    return nearest;
  }

  private static double distance(
      LabeledPoints a, int i, LabeledPoints b, int j, int columns, Distance distance) {
    double squares = 0;
    double product = 0;
    double left = 0;
    double right = 0;
    for (int c = 0; c < columns; c++) {
      double x = a.coordinates()[i * columns + c];
      double y = b.coordinates()[j * columns + c];
      squares += (x - y) * (x - y);
      product += x * y;
      left += x * x;
      right += y * y;
    }
    return distance == Distance.COSINE ? 1 - product / Math.sqrt(left * right) : squares;
  }

  @Test
  void lowestLabelWinsTies() {
    var points =
        new LabeledPoints(1, new float[] {1, -1, 3}, new int[] {2, 1, 0}, List.of("a", "b", "c"));
    try (var tf = new TensorFlowKnn(points, 2, Distance.L2);
        var tflite = TfliteKnn.of(TfliteWriter.toBytes(tf.export()), "reference")) {
      assertArrayEquals(new int[] {1}, tf.predict(new float[] {0}));
      assertArrayEquals(new int[] {1}, tflite.predict(new float[] {0}));
      Neighbors equallyFar = tflite.neighbors(new float[] {0});
      assertArrayEquals(new int[] {0, 1}, equallyFar.indices(), "the lower index first");
    }
  }

  @Test
  void rejectsInvalidArguments() {
    LabeledPoints points = ARTICLE.test();
    assertThrows(IllegalArgumentException.class, () -> new TensorFlowKnn(points, 0, Distance.L2));
    assertThrows(IllegalArgumentException.class, () -> new TensorFlowKnn(points, 301, Distance.L2));
    try (var knn = new TensorFlowKnn(points, 3, Distance.L2)) {
      assertThrows(IllegalArgumentException.class, () -> knn.predict(new float[] {1, 2, 3}));
    }
  }

  @ParameterizedTest
  @org.junit.jupiter.params.provider.ValueSource(strings = {"svg", "png"})
  void drawsDecisionRegions(String format) throws IOException {
    try (var knn = new TensorFlowKnn(ARTICLE.train(), 3, Distance.L2)) {
      byte[] image = DecisionRegions.draw(knn, ARTICLE.test(), "regions", format);
      String start = new String(image, 0, 100, java.nio.charset.StandardCharsets.ISO_8859_1);
      assertTrue(start.contains(format.equals("svg") ? "<svg" : "PNG") || start.contains("<?xml"));
      assertTrue(image.length > 10_000, "has contents");
    }
  }
}
