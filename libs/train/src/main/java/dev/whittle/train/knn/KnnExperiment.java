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
 * Enrolls points in a TensorFlow classifier, exports it, and compares what the model answers on
 * each engine with what TensorFlow does.
 */
public final class KnnExperiment {
  /** Test points are classified in batches of at most so many. */
  private static final int BATCH = 100;

  /** The engines of the exported model that are compared with TensorFlow, if they are there. */
  private static final List<String> ENGINES = List.of("reference", "litert");

  private KnnExperiment() {}

  /**
   * The answers of one classifier.
   *
   * @param accuracy the share of test points whose label it found
   * @param differentRows test points for which it found other neighbors, or in another order, than
   *     TensorFlow did
   * @param greatestDifference of a distance from TensorFlow's
   * @param nanos for all test points, after a first run for warming up
   */
  public record Answer(
      String name, double accuracy, int differentRows, double greatestDifference, long nanos) {
    /** Whether all neighbors are TensorFlow's. */
    public boolean isIdentical() {
      return differentRows == 0;
    }
  }

  /**
   * What an experiment found.
   *
   * @param model what was exported
   * @param fileBytes the size of its file
   * @param answers TensorFlow's first
   */
  public record Result(TrainTestSplit data, Model model, int fileBytes, List<Answer> answers) {
    public Result {
      answers = List.copyOf(answers);
    }
  }

  /**
   * Runs the experiment.
   *
   * @param progress receives a line before each step
   */
  public static Result run(
      TrainTestSplit data, int k, Distance distance, Consumer<String> progress) {
    LabeledPoints train = data.train();
    progress.accept(
        "enrolling %,d points of %d coordinates in TensorFlow"
            .formatted(train.rows(), train.columns()));
    List<Answer> answers = new ArrayList<>();
    try (var tf = new TensorFlowKnn(train, k, distance)) {
      Classified expected = classify("TensorFlow", tf, data.test());
      answers.add(expected.answer(expected, data.test()));
      Model model = tf.export();
      byte[] file = TfliteWriter.toBytes(model);
      progress.accept("exported %,d bytes".formatted(file.length));
      for (String engine : ENGINES) {
        if (Engines.available().stream().anyMatch(e -> e.name().equals(engine))) {
          progress.accept("classifying with TensorFlow Lite, engine " + engine);
          try (var tflite = TfliteKnn.of(file, engine)) {
            Classified actual = classify("TensorFlow Lite, engine " + engine, tflite, data.test());
            answers.add(actual.answer(expected, data.test()));
          }
        }
      }
      return new Result(data, model, file.length, answers);
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
    Answer answer(Classified expected, LabeledPoints test) {
      int correct = 0;
      int differentRows = 0;
      double greatest = 0;
      int row = 0;
      for (int b = 0; b < batches.size(); b++) {
        Neighbors mine = batches.get(b);
        Neighbors theirs = expected.batches.get(b);
        int k = mine.k();
        int[] labels = mine.labels();
        int[] indices = mine.indices();
        int[] expectedIndices = theirs.indices();
        float[] distances = mine.distances();
        float[] expectedDistances = theirs.distances();
        for (int i = 0; i < labels.length; i++, row++) {
          correct += labels[i] == test.labels()[row] ? 1 : 0;
          boolean same =
              Arrays.equals(indices, i * k, (i + 1) * k, expectedIndices, i * k, (i + 1) * k);
          differentRows += same ? 0 : 1;
        }
        for (int i = 0; i < distances.length; i++) {
          greatest = Math.max(greatest, Math.abs(distances[i] - (double) expectedDistances[i]));
        }
      }
      return new Answer(name, (double) correct / test.rows(), differentRows, greatest, nanos);
    }
  }
}
