package dev.whittle.convert.keras.file;

import static org.junit.jupiter.api.Assertions.assertEquals;

import dev.whittle.ir.MalformedModelException;
import dev.whittle.json.Config;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Map;
import java.util.stream.Collectors;
import org.junit.jupiter.api.Test;

class RenamedLayersTest {
  private static Config model(String... names) {
    String layers =
        List.of(names).stream()
            .map("{\"config\":{\"name\":\"%s\"}}"::formatted)
            .collect(Collectors.joining(",", "{\"config\":{\"layers\":[", "]}}"));
    return Config.parse(
        layers.getBytes(StandardCharsets.UTF_8), "a model", MalformedModelException::new);
  }

  @Test
  void matchesLayersOfAKindInOrder() {
    Config model = model("conv2d", "conv2d_1", "batch_normalization", "predictions");
    assertEquals(
        Map.of("conv2d", "conv2d_95", "conv2d_1", "conv2d_96"),
        RenamedLayers.match(
            model, List.of("conv2d_95", "batch_normalization", "conv2d_96", "predictions")));
  }

  /** A layer in one file may have the name of another layer in the other file. */
  @Test
  void matchesOverlappingNamesInOrder() {
    assertEquals(
        Map.of("conv2d", "conv2d_1", "conv2d_1", "conv2d_2"),
        RenamedLayers.match(model("conv2d", "conv2d_1"), List.of("conv2d_1", "conv2d_2")));
  }

  @Test
  void keepsNamesThatAllExist() {
    assertEquals(
        Map.of(),
        RenamedLayers.match(model("conv2d_1", "conv2d"), List.of("conv2d", "conv2d_1", "dense")));
  }

  @Test
  void leavesLayersWithoutCounterpart() {
    assertEquals(
        Map.of(),
        RenamedLayers.match(model("conv2d", "dense"), List.of("conv2d_7", "x_1", "conv2d_8")));
  }
}
