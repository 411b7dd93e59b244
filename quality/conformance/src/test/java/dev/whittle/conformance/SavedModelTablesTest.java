package dev.whittle.conformance;

import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.whittle.convert.TfLiteConverter;
import dev.whittle.ir.MalformedModelException;
import dev.whittle.ir.Model;
import dev.whittle.tflite.TfliteReader;
import dev.whittle.tflite.TfliteWriter;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Set;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** Converts SavedModels of {@code table_cases.py}: lookup tables, and variables of objects. */
class SavedModelTablesTest {
  private static final double TOLERANCE = 1e-5;
  private static final Path MODELS = Path.of("../testdata/tables");

  static List<Path> models() {
    try (var folders = Files.list(MODELS)) {
      return folders.sorted().toList();
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  private static TfLiteConverter converter(Path model) {
    // TensorFlow 1 can save graphs without tags.
    return model.toString().contains("first_version")
        ? TfLiteConverter.fromSavedModel(model, Set.of(), List.of())
        : TfLiteConverter.fromSavedModel(model);
  }

  @ParameterizedTest
  @MethodSource("models")
  void tablesReturnWhatTensorFlowReturns(Path folder) throws IOException {
    Model converted = converter(folder.resolve("saved_model")).convertModel().model();
    Model model = TfliteReader.read(TfliteWriter.toBytes(converted));
    KerasCase expected = KerasCase.read(folder.resolve("case.json"));
    for (String engine : List.of("reference", "fast", "litert")) {
      double difference = expected.difference(model, engine);
      assertTrue(difference <= TOLERANCE, () -> engine + " differs by " + difference);
    }
  }

  @Test
  void refusesFilesOutsideTheFolderOfAssets(@TempDir Path folder) throws IOException {
    Path changed = copy(MODELS.resolve("file/saved_model"), folder);
    Path graph = changed.resolve("saved_model.pb");
    // The same length, so that the protocol buffer stays whole.
    String text = Files.readString(graph, StandardCharsets.ISO_8859_1);
    assertTrue(text.contains("tokens.txt"));
    Files.writeString(graph, text.replace("tokens.txt", "../../../x"), StandardCharsets.ISO_8859_1);
    var refused = assertThrows(MalformedModelException.class, converter(changed)::convertModel);
    assertTrue(String.valueOf(refused.getMessage()).contains("outside"), refused::getMessage);
  }

  @Test
  void namesAMissingFile(@TempDir Path folder) throws IOException {
    Path changed = copy(MODELS.resolve("file/saved_model"), folder);
    Files.delete(changed.resolve("assets/tokens.txt"));
    var refused = assertThrows(MalformedModelException.class, converter(changed)::convertModel);
    assertTrue(String.valueOf(refused.getMessage()).contains("tokens.txt"), refused::getMessage);
  }

  @Test
  void detectsDamagedStringsOfACheckpoint(@TempDir Path folder) throws IOException {
    Path changed = copy(MODELS.resolve("mutable/saved_model"), folder);
    Path data = changed.resolve("variables/variables.data-00000-of-00001");
    byte[] bytes = Files.readAllBytes(data);
    String text = new String(bytes, StandardCharsets.ISO_8859_1);
    bytes[text.indexOf("elm")] ^= 1;
    Files.write(data, bytes);
    var refused = assertThrows(MalformedModelException.class, converter(changed)::convertModel);
    assertTrue(String.valueOf(refused.getMessage()).contains("damaged"), refused::getMessage);
  }

  private static Path copy(Path from, Path to) throws IOException {
    try (var files = Files.walk(from)) {
      for (Path file : files.toList()) {
        Path target = to.resolve("model").resolve(from.relativize(file).toString());
        if (Files.isDirectory(file)) {
          Files.createDirectories(target);
        } else {
          Files.copy(file, target);
        }
      }
    }
    return to.resolve("model");
  }
}
