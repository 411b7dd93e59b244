package dev.whittle.train.knn;

import dev.whittle.convert.knn.Distance;
import dev.whittle.convert.knn.LabeledPoints;
import dev.whittle.ir.Model;
import dev.whittle.runtime.Engines;
import dev.whittle.tflite.TfliteWriter;
import dev.whittle.train.data.TrainTestSplit;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.function.Consumer;

/**
 * The nearest-neighbors experiment: enrolls points in a TensorFlow classifier, exports it as a
 * model, and compares the neighbors that each engine finds with those of TensorFlow.
 */
public final class KnnExperiment {
  /** The maximum number of test points in a batch. */
  private static final int BATCH = 100;

  /** The engines that run the exported model, if they are available. */
  private static final List<String> ENGINES = List.of("reference", "litert");

  private KnnExperiment() {}

  /**
   * The result of one classifier.
   *
   * @param name the name of the classifier
   * @param accuracy the share of the test points that are classified correctly, from 0 to 1
   * @param differentRows the number of test points whose neighbors, or their order, differ from
   *     TensorFlow's
   * @param maxDifference the maximum absolute difference of a distance from TensorFlow's
   * @param nanos the duration for all test points in nanoseconds, after one point for warm-up
   */
  public record Outcome(
      String name, double accuracy, int differentRows, double maxDifference, long nanos) {
    /** Returns whether all neighbors are those of TensorFlow. */
    public boolean isIdentical() {
      return differentRows == 0;
    }
  }

  /**
   * The result of an experiment.
   *
   * @param data the points
   * @param model the exported model
   * @param fileBytes the size of its file in bytes
   * @param outcomes the results of the classifiers, that of TensorFlow first
   */
  public record Result(TrainTestSplit data, Model model, int fileBytes, List<Outcome> outcomes) {
    public Result {
      outcomes = List.copyOf(outcomes);
    }
  }

  /**
   * Runs the experiment.
   *
   * @param k the number of neighbors that vote
   * @param progress receives a line before each step
   */
  public static Result run(
      TrainTestSplit data, int k, Distance distance, Consumer<String> progress) {
    LabeledPoints train = data.train();
    progress.accept(
        "enrolling %,d points with %d coordinates in TensorFlow"
            .formatted(train.rows(), train.columns()));
    List<Outcome> outcomes = new ArrayList<>();
    try (var tf = new TensorFlowKnn(train, k, distance)) {
      Classified expected = classify("TensorFlow", tf, data.test());
      outcomes.add(expected.outcome(expected, data.test()));
      Model model = tf.export();
      byte[] file = TfliteWriter.toBytes(model);
      progress.accept("exported %,d bytes".formatted(file.length));
      for (String engine : ENGINES) {
        if (Engines.available().stream().anyMatch(e -> e.name().equals(engine))) {
          progress.accept("classifying with TensorFlow Lite, engine " + engine);
          try (var tflite = TfliteKnn.of(file, engine)) {
            Classified actual = classify("TensorFlow Lite, engine " + engine, tflite, data.test());
            outcomes.add(actual.outcome(expected, data.test()));
          }
        }
      }
      return new Result(data, model, file.length, outcomes);
    }
  }

  private static Classified classify(String name, KnnClassifier classifier, LabeledPoints test) {
    int columns = test.columns();
    classifier.neighbors(Arrays.copyOf(test.coordinates(), columns));
    List<Neighbors> batches = new ArrayList<>();
    long start = System.nanoTime();
    for (int from = 0; from < test.rows(); from += BATCH) {
      int to = Math.min(test.rows(), from + BATCH);
      batches.add(
          classifier.neighbors(
              Arrays.copyOfRange(test.coordinates(), from * columns, to * columns)));
    }
    return new Classified(name, batches, System.nanoTime() - start);
  }

  private record Classified(String name, List<Neighbors> batches, long nanos) {
    Outcome outcome(Classified expected, LabeledPoints test) {
      int correct = 0;
      int differentRows = 0;
      double maxDifference = 0;
      int row = 0;
      for (int b = 0; b < batches.size(); b++) {
        Neighbors actual = batches.get(b);
        Neighbors reference = expected.batches.get(b);
        int k = actual.k();
        int[] labels = actual.labels();
        int[] indices = actual.indices();
        int[] expectedIndices = reference.indices();
        float[] distances = actual.distances();
        float[] expectedDistances = reference.distances();
        for (int i = 0; i < labels.length; i++, row++) {
          correct += labels[i] == test.labels()[row] ? 1 : 0;
          boolean same =
              Arrays.equals(indices, i * k, (i + 1) * k, expectedIndices, i * k, (i + 1) * k);
          differentRows += same ? 0 : 1;
        }
        for (int i = 0; i < distances.length; i++) {
          double difference = Math.abs(distances[i] - (double) expectedDistances[i]);
          maxDifference = Math.max(maxDifference, difference);
        }
      }
      return new Outcome(name, (double) correct / test.rows(), differentRows, maxDifference, nanos);
    }
  }
}
