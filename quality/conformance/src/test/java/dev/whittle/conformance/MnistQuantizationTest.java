package dev.whittle.conformance;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.whittle.data.IdxSamples;
import dev.whittle.data.Samples;
import dev.whittle.evaluate.EvaluationMetrics;
import dev.whittle.evaluate.Evaluator;
import dev.whittle.evaluate.NamedModel;
import dev.whittle.ir.Model;
import dev.whittle.ir.tensor.TensorType;
import dev.whittle.optimize.quantize.Quantizer;
import dev.whittle.optimize.recipe.HeadMode;
import dev.whittle.optimize.recipe.Recipe;
import dev.whittle.optimize.sparse.Pruning;
import dev.whittle.optimize.sparse.SparseEncoding;
import dev.whittle.runtime.InterpreterOptions;
import dev.whittle.tflite.TfliteReader;
import dev.whittle.tflite.TfliteWriter;
import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/**
 * Quantizes the article's digit network and compares sizes and accuracy with those of TensorFlow's
 * converter, on the first 250 test digits of {@code testdata/mnist}.
 */
class MnistQuantizationTest {
  private static final Path FOLDER = Path.of("../testdata/mnist");

  /** The number of test digits; all 1,000 would take minutes on the reference engine. */
  private static final int DIGITS = 250;

  private static Model floats() throws IOException {
    return TfliteReader.read(FOLDER.resolve("float32.tflite"));
  }

  private static Recipe recipe(String mode) {
    return switch (mode) {
      case "dynamic" -> Recipe.dynamic();
      case "float16" -> Recipe.float16();
      case "int8" -> Recipe.int8();
      case "int8 head" -> Recipe.int8().withHead(HeadMode.INTEGER);
      case "int16x8" -> Recipe.int16x8();
      case "weights_int8" -> Recipe.weightsOnly(TensorType.INT8);
      default -> Recipe.weightsOnly(TensorType.INT4);
    };
  }

  private static Model quantized(String mode) throws IOException {
    return new Quantizer(recipe(mode))
        .calibrateWith(IdxSamples.training(FOLDER))
        .quantize(floats())
        .model();
  }

  private static List<EvaluationMetrics> scores(List<Model> models, String engine)
      throws IOException {
    List<NamedModel> named =
        List.of(NamedModel.of("float", models.get(0)), NamedModel.of("other", models.get(1)));
    Samples digits = IdxSamples.test(FOLDER).first(DIGITS);
    return new Evaluator(InterpreterOptions.DEFAULT.withEngine(engine), 2).metrics(named, digits);
  }

  /**
   * Limits of each mode.
   *
   * @param bytes the size of TensorFlow's file
   * @param points the accuracy that may be lost, in percent; one digit of 250 is 0.4
   */
  @ParameterizedTest
  @CsvSource({
    "dynamic, 111600, 0.4",
    "float16, 213956, 0",
    "int8, 113392, 0.4",
    "int16x8, 115328, 0",
    "weights_int8, 111600, 0.4",
    "weights_int4, 60000, 1.2"
  })
  void staysWithinLimitsOfSizeAndAccuracy(String mode, long bytes, double points)
      throws IOException {
    Model model = quantized(mode);
    assertTrue(TfliteWriter.toBytes(model).length <= bytes);
    for (String engine : List.of("fast", "litert", "litert-xnnpack")) {
      List<EvaluationMetrics> scores = scores(List.of(floats(), model), engine);
      double lost = 100 * (scores.getFirst().top1() - scores.getLast().top1());
      assertTrue(lost <= points, () -> mode + " loses " + lost + " points on " + engine);
    }
  }

  @Test
  void integerHeadLosesTheAccuracyThatTheArticleReports() throws IOException {
    List<EvaluationMetrics> scores = scores(List.of(floats(), quantized("int8 head")), "reference");
    assertTrue(scores.getFirst().top1() - scores.getLast().top1() > 0.08);
  }

  @ParameterizedTest
  @CsvSource({"dynamic", "float16", "int8", "int8 head", "int16x8", "weights_int4"})
  void referenceScoresEqualNativeScores(String mode) throws IOException {
    Model model = quantized(mode);
    EvaluationMetrics reference = scores(List.of(floats(), model), "reference").getLast();
    EvaluationMetrics nativeScores = scores(List.of(floats(), model), "litert").getLast();
    assertEquals(reference.top1(), nativeScores.top1());
    assertEquals(reference.relativeError(), nativeScores.relativeError(), 1e-5);
  }

  @ParameterizedTest
  @CsvSource({"1, 4, false", "1, 16, true", "1, 1, false"})
  void sparseEncodingKeepsOutputsOnBothEngines(int rows, int columns, boolean int8)
      throws IOException {
    Model pruned = new Pruning.Blocks(rows, columns, 0.7).apply(floats(), null);
    Model dense =
        int8
            ? new Quantizer(Recipe.int8())
                .calibrateWith(IdxSamples.training(FOLDER))
                .quantize(pruned)
                .model()
            : pruned;
    Model sparse = SparseEncoding.apply(dense);
    assertTrue(TfliteWriter.toBytes(sparse).length < 0.75 * TfliteWriter.toBytes(dense).length);
    for (String engine : List.of("reference", "litert")) {
      EvaluationMetrics scores = scores(List.of(dense, sparse), engine).getLast();
      assertTrue(scores.relativeError() < 1e-3, () -> engine + ": " + scores.relativeError());
      assertEquals(1, scores.agreement(), 0.002);
    }
  }
}
