package dev.whittle.tflite;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;

import dev.whittle.ir.Metadata;
import dev.whittle.ir.Model;
import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

class RoundTripTest {
  static List<Path> models() {
    return SampleModels.all();
  }

  @ParameterizedTest
  @MethodSource("models")
  void readsBackWrittenModels(Path file) throws IOException {
    Model original = TfliteReader.read(file);
    assertEquals(
        withoutRuntimeVersion(original),
        withoutRuntimeVersion(TfliteReader.read(TfliteWriter.toBytes(original))),
        "the writer adds only the minimum runtime version where it is missing");
    Model model = TfliteReader.read(TfliteWriter.toBytes(original));
    byte[] inside = TfliteWriter.toBytes(model);
    assertEquals(model, TfliteReader.read(inside));
    assertArrayEquals(
        inside, TfliteWriter.toBytes(TfliteReader.read(inside)), "writing is deterministic");
    byte[] after = TfliteWriter.toBytes(model, TfliteWriter.Placement.AFTER);
    assertEquals(model, TfliteReader.read(after), "with constants after the flatbuffer");
  }

  private static Model withoutRuntimeVersion(Model model) {
    return new Model(
        model.version(),
        model.description(),
        model.graphs(),
        model.signatures(),
        model.metadata().stream()
            .filter(m -> !m.name().equals(Metadata.MIN_RUNTIME_VERSION))
            .toList(),
        model.trailer());
  }
}
