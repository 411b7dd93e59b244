package dev.whittle.conformance;

import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import dev.whittle.convert.TfLiteConverter;
import dev.whittle.data.Samples;
import dev.whittle.ir.Model;
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
 * Every layer of Keras, quantized in every mode: the native runtime and ours give the same, and it
 * is close to what the float model gives.
 */
class QuantizedLayersTest {
  /** Between engines, relative to the largest output: floats around integers may differ. */
  private static final double ENGINES = 1e-5;

  /**
   * 16-bit LOGISTIC, TANH and SOFTMAX, and what is quantized from floats, may be a step of 1/32768
   * apart, which others enlarge.
   */
  private static final double WIDE_ENGINES = 5e-4;

  /** From the float model. */
  private static final double LOSS = 0.1;

  private static final double LOSS_OF_4_BITS = 0.3;

  /** What is not compared, with the reason. */
  private static final Map<String, String> EXCLUDED =
      Map.of(
          "act_sparsemax", "gives zeros but for rounding, to which differences are relative",
          "op_dot_rank3",
              "multiplies the samples of a batch with each other; calibration has one for all",
          "op_many", "its slices want a batch of two, samples come one by one",
          "stft_log", "the logarithm of numbers near zero, which integers round to zero");

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
    modes.replaceAll((name, recipe) -> recipe.mapSettings(QuantizedLayersTest::ofAnySize));
    return modes;
  }

  /** The layers are small. */
  private static QuantizationSettings ofAnySize(QuantizationSettings settings) {
    return settings.withMinElements(1);
  }

  static List<Path> sources() {
    return KerasCases.sources();
  }

  @ParameterizedTest
  @MethodSource("sources")
  void givesTheSameOnBothEnginesInEveryMode(Path source) throws IOException {
    assumeTrue(KerasCases.refusal(source) == null, "is refused");
    assumeTrue(!EXCLUDED.containsKey(KerasCases.name(source)), "is excluded");
    KerasCase expected = KerasCases.expectation(source);
    assumeTrue(expected != null, "has no inputs");
    if (expected == null) {
      return;
    }
    assumeTrue(!expected.hasStrings(), "takes strings");
    Model model = TfLiteConverter.fromKerasModel(source).convertModel().model();
    Samples samples = Samples.of(expected.samples(model));
    List<String> problems = new ArrayList<>();
    for (Map.Entry<String, Recipe> mode : MODES.entrySet()) {
      try {
        byte[] bytes =
            TfliteWriter.toBytes(
                new Quantizer(mode.getValue()).calibrateWith(samples).quantize(model).model());
        Model quantized = TfliteReader.read(bytes);
        double apart =
            difference(expected.run(quantized, "reference"), expected.run(quantized, "litert"));
        double faster =
            difference(expected.run(quantized, "reference"), expected.run(quantized, "fast"));
        boolean wide = mode.getKey().startsWith("int16");
        if (!(faster <= (wide ? WIDE_ENGINES : ENGINES))) {
          problems.add(mode.getKey() + ": the fast engine differs by " + faster);
        }
        if (!(apart <= (wide ? WIDE_ENGINES : ENGINES))) {
          problems.add(mode.getKey() + ": the engines differ by " + apart);
        }
        double error =
            difference(expected.run(model, "reference"), expected.run(quantized, "reference"));
        if (!(error <= (mode.getKey().equals("weights_int4") ? LOSS_OF_4_BITS : LOSS))) {
          problems.add(mode.getKey() + ": differs from floats by " + error);
        }
      } catch (RuntimeException e) {
        problems.add(mode.getKey() + ": " + e);
      }
    }
    assertTrue(problems.isEmpty(), () -> KerasCases.name(source) + ": " + problems);
  }

  /** The largest difference of any element, relative to the largest magnitude of its output. */
  private static double difference(List<Tensor> expected, List<Tensor> actual) {
    double largest = 0;
    for (int i = 0; i < expected.size(); i++) {
      Tensor wanted = expected.get(i);
      Tensor found = actual.get(i);
      if (wanted.type() == TensorType.STRING || wanted.type() == TensorType.BOOL) {
        continue;
      }
      double magnitude = 1e-4;
      double apart = 0;
      for (long e = 0; e < wanted.elements(); e++) {
        double a = wanted.getReal(e);
        double b = found.getReal(e);
        magnitude = Math.max(magnitude, Double.isFinite(a) ? Math.abs(a) : 0);
        apart = Math.max(apart, Double.compare(a, b) == 0 ? 0 : Math.abs(a - b));
      }
      largest = Math.max(largest, apart / magnitude);
    }
    return largest;
  }
}
