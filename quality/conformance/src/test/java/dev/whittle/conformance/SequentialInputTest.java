package dev.whittle.conformance;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.whittle.convert.TfLiteConverter;
import dev.whittle.ir.MalformedModelException;
import dev.whittle.ir.Model;
import dev.whittle.ir.tensor.Shape;
import dev.whittle.json.Config;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** Converts Sequential models, with and without a stated input, of {@code sequential_cases.py}. */
class SequentialInputTest {
  private static final double TOLERANCE = 1e-5;
  private static final Path MODELS = Path.of("../testdata/sequential");

  static List<Path> models() {
    try (var files = Files.list(MODELS)) {
      return files.filter(file -> !file.toString().endsWith(".json")).sorted().toList();
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  @ParameterizedTest
  @MethodSource("models")
  void batchIsOpenUnlessTheUserOrAStateFixesIt(Path file) throws IOException {
    Path json = Path.of(file.toString().replaceFirst("\\.(keras|h5)$", ".json"));
    Config config =
        Config.parse(Files.readAllBytes(json), json.toString(), MalformedModelException::new);
    Model model = TfLiteConverter.fromKerasModel(file).convertModel().model();
    int input = model.mainGraph().inputs().getFirst();
    assertEquals(
        config.integer("batch", Shape.DYNAMIC), model.mainGraph().value(input).shape().dim(0));
    KerasCase expected = KerasCase.read(json);
    for (String engine : List.of("reference", "fast")) {
      double difference = expected.difference(model, engine);
      assertTrue(difference <= TOLERANCE, () -> engine + " differs by " + difference);
    }
  }
}
