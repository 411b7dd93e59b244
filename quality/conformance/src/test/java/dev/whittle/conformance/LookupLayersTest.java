package dev.whittle.conformance;

import static org.junit.jupiter.api.Assertions.assertAll;
import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;

import dev.whittle.convert.TfLiteConverter;
import dev.whittle.ir.MalformedModelException;
import dev.whittle.ir.Model;
import dev.whittle.ir.tensor.Tensor;
import dev.whittle.ir.tensor.TensorType;
import dev.whittle.json.Config;
import dev.whittle.tflite.TfliteReader;
import dev.whittle.tflite.TfliteWriter;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Locale;
import java.util.stream.IntStream;
import org.junit.jupiter.api.function.Executable;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/**
 * Converts models of {@code lookup_cases.py}, the product of the options of lookup layers, and
 * compares every layer with Keras.
 */
class LookupLayersTest {
  private static final Path MODELS = Path.of("../testdata/lookups");

  static List<Path> models() {
    try (var files = Files.list(MODELS)) {
      return files.filter(file -> !file.toString().endsWith(".json")).sorted().toList();
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  @ParameterizedTest
  @MethodSource("models")
  void everyLayerReturnsWhatKerasReturns(Path file) throws IOException {
    Path json = Path.of(file.toString().replaceFirst("\\.(keras|h5)$", ".json"));
    KerasCase expected = KerasCase.read(json);
    List<String> layers =
        Config.parse(Files.readAllBytes(json), json.toString(), MalformedModelException::new)
            .strings("layers");
    Model converted = TfLiteConverter.fromKerasModel(file).convertModel().model();
    Model model = TfliteReader.read(TfliteWriter.toBytes(converted));
    for (String engine : List.of("reference", "fast", "litert")) {
      List<Tensor> outputs = expected.run(model, engine);
      assertEquals(layers.size(), outputs.size());
      assertAll(
          IntStream.range(0, outputs.size())
              .mapToObj(
                  i ->
                      check(
                          engine + ", " + layers.get(i) + ", output " + i,
                          expected.outputs().get(i),
                          outputs.get(i))));
    }
  }

  private static Executable check(String label, Config expected, Tensor actual) {
    return () -> {
      assertArrayEquals(expected.integers("shape"), actual.dims(), label);
      assertEquals(expected.string("dtype"), actual.type().name().toLowerCase(Locale.ROOT), label);
      if (actual.type() == TensorType.STRING) {
        List<String> words =
            actual.strings().stream().map(s -> new String(s, StandardCharsets.UTF_8)).toList();
        assertEquals(expected.strings("data"), words, label);
        return;
      }
      List<?> values = expected.list("data");
      for (int i = 0; i < values.size(); i++) {
        double value = ((Number) values.get(i)).doubleValue();
        assertEquals(value, actual.getReal(i), 1e-6 * Math.abs(value), label + "[" + i + "]");
      }
    };
  }
}
