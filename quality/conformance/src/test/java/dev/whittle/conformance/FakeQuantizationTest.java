package dev.whittle.conformance;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.whittle.convert.TfLiteConverter;
import dev.whittle.ir.Model;
import dev.whittle.ir.Value;
import dev.whittle.ir.tensor.Quantization;
import dev.whittle.ir.tensor.Tensor;
import dev.whittle.ir.tensor.TensorType;
import dev.whittle.npz.NpyArray;
import dev.whittle.npz.Npz;
import dev.whittle.optimize.quantize.QuantizationResult;
import dev.whittle.optimize.quantize.Quantizer;
import dev.whittle.optimize.recipe.Recipe;
import dev.whittle.runtime.Interpreter;
import dev.whittle.runtime.InterpreterOptions;
import dev.whittle.tflite.TfliteReader;
import dev.whittle.tflite.TfliteWriter;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/**
 * SavedModels of quantization-aware training become the integers of TensorFlow's converter: the
 * same parameters, the same weights and the same outputs.
 */
class FakeQuantizationTest {
  private static final Path MODELS = Path.of("../testdata/fake-quant");
  private static final String KEY = "serving_default";

  /** Cases that TensorFlow leaves in floats in part, or converts to a file that nothing runs. */
  private static final Set<String> TENSORFLOW_DIFFERS =
      Set.of("conv_bn_per_tensor", "odd_ranges", "conv_wide", "conv_asymmetric");

  static List<Path> models() {
    try (var folders = Files.list(MODELS)) {
      return folders.sorted().toList();
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  static List<Path> modelsOfTensorFlow() {
    return models().stream()
        .filter(f -> Files.exists(f.resolve("tensorflow.tflite")))
        .filter(f -> !TENSORFLOW_DIFFERS.contains(f.getFileName().toString()))
        .toList();
  }

  private static TfLiteConverter converter(Path folder) {
    return TfLiteConverter.fromSavedModel(folder.resolve("saved_model"));
  }

  private static Model integers(Path folder) throws IOException {
    return read(converter(folder).quantize(Recipe.int8(), null).convertModel().model());
  }

  private static Model read(Model model) {
    return TfliteReader.read(TfliteWriter.toBytes(model));
  }

  private static Map<String, float[]> run(Model model, Path folder, String engine)
      throws IOException {
    Map<String, NpyArray> calls = Npz.read(folder.resolve("calls.npz"));
    Map<String, float[]> outputs = new TreeMap<>();
    try (var interpreter = Interpreter.of(model, InterpreterOptions.DEFAULT.withEngine(engine))) {
      calls.forEach(
          (name, array) -> {
            if (name.startsWith("in|")) {
              Tensor tensor = interpreter.getInputTensorFromSignature(name.substring(3), KEY);
              tensor.copyBytesFrom(new Tensor(tensor.type(), array.shape(), null, array.data()));
            }
          });
      interpreter.invoke(KEY);
      for (String output : interpreter.getSignatureOutputs(KEY)) {
        outputs.put(output, interpreter.getOutputTensorFromSignature(output, KEY).toFloats());
      }
    }
    return outputs;
  }

  private static Map<String, float[]> expected(Path folder, String prefix) throws IOException {
    Map<String, float[]> outputs = new TreeMap<>();
    Npz.read(folder.resolve("calls.npz"))
        .forEach(
            (name, array) -> {
              if (name.startsWith(prefix + "|")) {
                double[] values = array.toDoubles();
                float[] floats = new float[values.length];
                for (int i = 0; i < floats.length; i++) {
                  floats[i] = (float) values[i];
                }
                outputs.put(name.substring(prefix.length() + 1), floats);
              }
            });
    return outputs;
  }

  @ParameterizedTest
  @MethodSource("modelsOfTensorFlow")
  void computesTheIntegersOfTensorFlow(Path folder) throws IOException {
    Map<String, float[]> expected = expected(folder, "out");
    boolean floats = Set.of("no_output_range", "mixed").contains(folder.getFileName().toString());
    for (String engine : List.of("reference", "fast", "litert")) {
      Map<String, float[]> actual = run(integers(folder), folder, engine);
      assertEquals(expected.keySet(), actual.keySet());
      expected.forEach(
          (name, values) ->
              assertArrayEquals(
                  values, actual.get(name), floats ? 1e-5f : 0, engine + ", " + name));
    }
  }

  /** The type, parameters and contents of an integer tensor, without its name and place. */
  private record Stored(TensorType type, List<Long> zeroPoints, List<Long> contents) {}

  private static Map<Stored, List<List<Float>>> integersOf(Model model) {
    Map<Stored, List<List<Float>>> all = new java.util.HashMap<>();
    for (Value value : model.mainGraph().values()) {
      Quantization parameters = value.quantization();
      if (parameters != null && parameters.isQuantized() && value.type().isInteger()) {
        List<Long> zeroPoints =
            parameters.zeroPoint().stream().allMatch(z -> z == 0)
                ? List.of()
                : parameters.zeroPoint();
        var key = new Stored(value.type(), zeroPoints, contents(value.contents()));
        all.computeIfAbsent(key, k -> new ArrayList<>()).add(parameters.scale());
      }
    }
    all.values().forEach(list -> list.sort((a, b) -> Float.compare(a.getFirst(), b.getFirst())));
    return all;
  }

  private static List<Long> contents(@Nullable Tensor contents) {
    List<Long> numbers = new ArrayList<>();
    for (long i = 0; contents != null && i < contents.elements(); i++) {
      numbers.add(contents.getInteger(i));
    }
    return numbers;
  }

  @ParameterizedTest
  @MethodSource("modelsOfTensorFlow")
  void storesTheParametersAndWeightsOfTensorFlow(Path folder) throws IOException {
    Map<Stored, List<List<Float>>> expected =
        integersOf(TfliteReader.read(folder.resolve("tensorflow.tflite")));
    Map<Stored, List<List<Float>>> actual = integersOf(integers(folder));
    assertEquals(expected.keySet(), actual.keySet());
    expected.forEach(
        (key, scales) -> {
          List<List<Float>> found = actual.getOrDefault(key, List.of());
          assertEquals(scales.size(), found.size(), key::toString);
          for (int t = 0; t < scales.size(); t++) {
            for (int s = 0; s < scales.get(t).size(); s++) {
              // TensorFlow multiplies the scales of biases in double precision.
              float scale = scales.get(t).get(s);
              assertEquals(scale, found.get(t).get(s), 2 * Math.ulp(scale), key::toString);
            }
          }
        });
  }

  @ParameterizedTest
  @MethodSource("models")
  void roundsAsTheSavedModelWithoutQuantization(Path folder) throws IOException {
    // One step of the 8-bit output is where a rounding tie may fall to the other side.
    float tolerance = folder.getFileName().toString().equals("conv_wide") ? 0.0636f : 2e-5f;
    Map<String, float[]> expected = expected(folder, "float");
    Model plain = read(converter(folder).convertModel().model());
    for (String engine : List.of("reference", "fast", "litert")) {
      Map<String, float[]> actual = run(plain, folder, engine);
      expected.forEach(
          (name, values) ->
              assertArrayEquals(values, actual.get(name), tolerance, engine + ", " + name));
    }
  }

  @ParameterizedTest
  @MethodSource("modelsOfTensorFlow")
  void quantizesTheFloatFileLater(Path folder) throws IOException {
    Model plain = read(converter(folder).convertModel().model());
    QuantizationResult later = new Quantizer(Recipe.int8()).quantize(plain);
    assertEquals(integersOf(integers(folder)), integersOf(read(later.model())));
  }

  @ParameterizedTest
  @MethodSource("models")
  void integersStayWithinAStepOfTraining(Path folder) throws IOException {
    Map<String, float[]> expected = expected(folder, "float");
    Map<String, float[]> actual = run(integers(folder), folder, "litert");
    expected.forEach(
        (name, values) -> {
          float[] found = actual.get(name);
          double largest = 0;
          for (float value : values) {
            largest = Math.max(largest, Math.abs(value));
          }
          // The 16-bit range of this output has steps of 0.24 in 8 bits.
          boolean wide = folder.getFileName().toString().equals("odd_ranges") && name.equals("u");
          assertArrayEquals(values, found, (float) (wide ? 0.13 : 0.03 * largest), name);
        });
  }

  @Test
  void densePerChannelWeightsKeepTheirScales() throws IOException {
    // TensorFlow 2.21 refuses this model: its transposition loses the axis of the scales.
    Model model = integers(MODELS.resolve("dense"));
    long perChannel =
        model.mainGraph().values().stream()
            .map(Value::quantization)
            .filter(q -> q != null && q.isPerAxis() && q.axis() == 0)
            .count();
    assertEquals(4, perChannel, "two layers, each with weights and a bias");
  }

  @Test
  void saysThatConvolutionsHaveNoZeroPointsOfWeights() throws IOException {
    var report =
        converter(MODELS.resolve("conv_asymmetric"))
            .quantize(Recipe.int8(), null)
            .convertModel()
            .quantization();
    assertTrue(
        report != null
            && report.warnings().stream().anyMatch(w -> w.contains("no zero points of weights")));
  }
}
