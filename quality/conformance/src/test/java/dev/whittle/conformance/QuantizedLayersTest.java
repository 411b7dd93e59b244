package dev.whittle.conformance;

import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import dev.whittle.convert.TfLiteConverter;
import dev.whittle.data.Samples;
import dev.whittle.ir.Model;
import dev.whittle.ir.op.nn.BatchMatMul;
import dev.whittle.ir.tensor.Tensor;
import dev.whittle.ir.tensor.TensorType;
import dev.whittle.optimize.quantize.Quantizer;
import dev.whittle.optimize.recipe.HeadMode;
import dev.whittle.optimize.recipe.QuantizationSettings;
import dev.whittle.optimize.recipe.Recipe;
import dev.whittle.tflite.TfliteReader;
import dev.whittle.tflite.TfliteWriter;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/**
 * Quantizes every Keras model of {@code testdata} in every mode. All engines must agree, and the
 * outputs must be close to the float model's.
 */
class QuantizedLayersTest {
  /** The largest difference between engines, relative to the largest output. */
  private static final double ENGINE_TOLERANCE = 1e-5;

  /**
   * The largest difference between engines for 16-bit activations: LOGISTIC, TANH, SOFTMAX and
   * QUANTIZE may differ by a step of 1/32768, which later layers amplify.
   */
  private static final double INT16_ENGINE_TOLERANCE = 5e-4;

  /**
   * The largest difference of the native runtime for 8-bit BATCH_MATMUL, which rounds ties in
   * another direction in TensorFlow Lite 2.20 than in 2.21: one step, which later layers amplify.
   */
  private static final double PRODUCT_TOLERANCE = 0.05;

  /** The largest difference from the float model, relative to the largest output. */
  private static final double FLOAT_TOLERANCE = 0.1;

  /** The largest difference from the float model with 4-bit weights. */
  private static final double INT4_FLOAT_TOLERANCE = 0.3;

  /** The cases that are not compared, with the reason. */
  private static final Map<String, String> EXCLUDED =
      Map.of(
          "act_sparsemax", "its outputs are zero except for rounding errors",
          "op_dot_rank3", "multiplies samples of a batch; calibration has one scale for all",
          "op_many", "its slices require a batch of two; calibration runs single samples",
          "ops_products", "its batch of three is fixed; calibration repeats a sample in it",
          "ops_quantiles", "its batch of three is fixed; calibration repeats a sample in it",
          "ops_scans", "its batch of three is fixed; calibration repeats a sample in it",
          "stft_log", "takes the logarithm of values that integers round to zero");

  private static final Map<String, Recipe> MODES = modes();

  private static Map<String, Recipe> modes() {
    Map<String, Recipe> modes = new LinkedHashMap<>();
    modes.put("dynamic", Recipe.dynamic());
    modes.put("float16", Recipe.float16());
    modes.put("int8", Recipe.int8().withHead(HeadMode.INTEGER));
    modes.put("int8 equalized", Recipe.int8().withEqualize(true).withCorrectBias(true));
    modes.put("int16x8", Recipe.int16x8().withHead(HeadMode.INTEGER));
    modes.put("weights_int8", Recipe.weightsOnly(TensorType.INT8));
    modes.put("weights_int4", Recipe.weightsOnly(TensorType.INT4));
    modes.put("blocks", Recipe.weightsOnly(TensorType.INT8).mapSettings(s -> s.withBlockSize(2)));
    modes.replaceAll((name, recipe) -> recipe.mapSettings(QuantizedLayersTest::ofAnyWeightCount));
    return modes;
  }

  /** Quantizes weights of any size, since the layers are small. */
  private static QuantizationSettings ofAnyWeightCount(QuantizationSettings settings) {
    return settings.withMinElements(1);
  }

  static List<Path> sources() {
    return KerasCases.sources();
  }

  @ParameterizedTest
  @MethodSource("sources")
  void enginesAgreeInEveryMode(Path source) throws IOException {
    assumeTrue(KerasCases.refusal(source) == null, "the converter refuses the model");
    assumeTrue(!EXCLUDED.containsKey(KerasCases.name(source)), "the case is excluded");
    KerasCase expected = KerasCases.expectation(source);
    assumeTrue(expected != null, "no recorded inputs");
    if (expected == null) {
      return;
    }
    assumeTrue(!expected.hasStrings(), "the model takes strings");
    Model model = TfLiteConverter.fromKerasModel(source).convertModel().model();
    Samples samples = Samples.of(expected.samples(model));
    List<String> problems = new ArrayList<>();
    for (Map.Entry<String, Recipe> mode : MODES.entrySet()) {
      try {
        byte[] bytes =
            TfliteWriter.toBytes(
                new Quantizer(mode.getValue()).calibrateWith(samples).quantize(model).model());
        Model quantized = TfliteReader.read(bytes);
        List<Tensor> reference = expected.run(quantized, "reference");
        for (String engine : List.of("fast", "litert")) {
          double tolerance = tolerance(mode.getKey(), quantized, engine);
          double difference = difference(reference, expected.run(quantized, engine));
          if (!(difference <= tolerance)) {
            problems.add(
                "%s: engine %s differs by %s".formatted(mode.getKey(), engine, difference));
          }
        }
        double error = difference(expected.run(model, "reference"), reference);
        if (!(error
            <= (mode.getKey().equals("weights_int4") ? INT4_FLOAT_TOLERANCE : FLOAT_TOLERANCE))) {
          problems.add(mode.getKey() + ": differs from the float model by " + error);
        }
      } catch (RuntimeException e) {
        problems.add(mode.getKey() + ": " + e);
      }
    }
    assertTrue(problems.isEmpty(), () -> KerasCases.name(source) + ": " + problems);
  }

  private static double tolerance(String mode, Model quantized, String engine) {
    if (mode.startsWith("int16")) {
      return INT16_ENGINE_TOLERANCE;
    }
    boolean multiplies =
        quantized.mainGraph().nodes().stream().anyMatch(node -> node.op() instanceof BatchMatMul);
    return mode.startsWith("int8") && engine.equals("litert") && multiplies
        ? PRODUCT_TOLERANCE
        : ENGINE_TOLERANCE;
  }

  /** Returns the largest difference of elements, relative to the largest value of the output. */
  private static double difference(List<Tensor> expected, List<Tensor> actual) {
    double largest = 0;
    for (int i = 0; i < expected.size(); i++) {
      Tensor left = expected.get(i);
      Tensor right = actual.get(i);
      if (left.type() == TensorType.STRING || left.type() == TensorType.BOOL) {
        continue;
      }
      double magnitude = 1e-4;
      double difference = 0;
      for (long e = 0; e < left.elements(); e++) {
        double a = left.getReal(e);
        double b = right.getReal(e);
        magnitude = Math.max(magnitude, Double.isFinite(a) ? Math.abs(a) : 0);
        difference = Math.max(difference, Double.compare(a, b) == 0 ? 0 : Math.abs(a - b));
      }
      largest = Math.max(largest, difference / magnitude);
    }
    return largest;
  }
}
