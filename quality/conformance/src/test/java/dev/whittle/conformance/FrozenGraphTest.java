package dev.whittle.conformance;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.whittle.convert.TfLiteConverter;
import dev.whittle.ir.MalformedModelException;
import dev.whittle.ir.Model;
import dev.whittle.ir.Signature;
import dev.whittle.ir.UnsupportedModelException;
import dev.whittle.json.Config;
import dev.whittle.tflite.TfliteReader;
import dev.whittle.tflite.TfliteWriter;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** Converts frozen graphs of {@code frozen_cases.py} and compares with TensorFlow. */
class FrozenGraphTest {
  private static final double TOLERANCE = 1e-5;
  private static final Path MODELS = Path.of("../testdata/frozen");

  static List<Path> cases() {
    try (var files = Files.list(MODELS)) {
      return files.filter(file -> file.toString().endsWith(".json")).sorted().toList();
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  @ParameterizedTest
  @MethodSource("cases")
  void computesWhatTensorFlowComputes(Path json) throws IOException {
    Config config =
        Config.parse(Files.readAllBytes(json), json.toString(), MalformedModelException::new);
    List<String> inputs = config.strings("input_arrays");
    TfLiteConverter converter =
        TfLiteConverter.fromFrozenGraph(
            Path.of(json.toString().replace(".json", ".pb")),
            inputs,
            config.strings("output_arrays"));
    List<?> shapes = config.list("input_shapes");
    for (int i = 0; i < shapes.size(); i++) {
      int[] dims =
          ((List<?>) shapes.get(i)).stream().mapToInt(dim -> ((Number) dim).intValue()).toArray();
      converter.inputShape(inputs.get(i).replace(":0", ""), dims);
    }
    Model model = TfliteReader.read(TfliteWriter.toBytes(converter.convertModel().model()));
    KerasCase expected = KerasCase.read(json);
    for (String engine : List.of("reference", "fast", "litert")) {
      double difference = expected.difference(model, engine);
      assertTrue(difference <= TOLERANCE, () -> engine + " differs by " + difference);
    }
  }

  private static void assertRefused(
      String file, List<String> inputs, List<String> outputs, String... parts) {
    TfLiteConverter converter =
        TfLiteConverter.fromFrozenGraph(MODELS.resolve(file), inputs, outputs);
    String message =
        String.valueOf(
            assertThrows(UnsupportedModelException.class, converter::convertModel).getMessage());
    for (String part : parts) {
      assertTrue(message.contains(part), () -> "lacks '" + part + "': " + message);
    }
  }

  @Test
  void namesInputsAndOutputsAsTheCallerDoes() throws IOException {
    Signature signature =
        TfLiteConverter.fromFrozenGraph(
                MODELS.resolve("network.pb"), List.of("image:0"), List.of("label", "scores:0"))
            .convertModel()
            .model()
            .signatures()
            .getFirst();
    assertEquals("image", signature.inputs().getFirst().name());
    assertEquals(
        List.of("label", "scores"),
        signature.outputs().stream().map(Signature.Port::name).toList());
  }

  @Test
  void refusesVariablesAndText() {
    assertRefused("not_frozen.pb", List.of("x"), List.of("y"), "[w]", "freeze the graph first");
    assertRefused("text.pbtxt", List.of("x"), List.of("y"), "text form", "binary form");
  }

  @Test
  void listsTensorsWhereNamesAreMissingOrWrong() {
    assertRefused("network.pb", List.of(), List.of(), "--input_arrays", "image", "scores", "label");
    assertRefused("network.pb", List.of("picture"), List.of("scores"), "'picture'", "image");
    assertRefused("network.pb", List.of("image"), List.of("score"), "'score'", "scores");
    assertRefused("network.pb", List.of("image", "image:0"), List.of("scores"), "twice");
    assertRefused("control_flow.pb", List.of("x", "n"), List.of("result"), "--input_shapes");
  }

  @Test
  void refusesTheFileOfASavedModel() {
    assertRefused(
        "../tables/file/saved_model/saved_model.pb",
        List.of("x"),
        List.of("y"),
        "SavedModel",
        "--saved_model_dir");
  }

  @Test
  void reportsDamagedFiles(@TempDir Path folder) throws IOException {
    byte[] bytes = Files.readAllBytes(MODELS.resolve("network.pb"));
    for (int length : List.of(0, 1, 20, bytes.length / 2)) {
      Path cut = Files.write(folder.resolve("cut.pb"), java.util.Arrays.copyOf(bytes, length));
      TfLiteConverter converter =
          TfLiteConverter.fromFrozenGraph(cut, List.of("image"), List.of("scores"));
      assertThrows(MalformedModelException.class, converter::convertModel, () -> length + " bytes");
    }
  }
}
