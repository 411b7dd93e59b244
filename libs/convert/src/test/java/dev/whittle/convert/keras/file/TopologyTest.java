package dev.whittle.convert.keras.file;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.whittle.ir.MalformedModelException;
import dev.whittle.json.Config;
import java.nio.charset.StandardCharsets;
import java.util.List;
import org.junit.jupiter.api.Test;

class TopologyTest {
  private static Config crop(String version) {
    String model =
        """
        {"class_name": "Sequential", "config": {"name": "m", "layers": [
          {"class_name": "RandomCrop",
           "config": {"name": "crop", "height": 4, "width": 3, "seed": 7}}]}}
        """;
    Config parsed =
        Config.parse(
            model.getBytes(StandardCharsets.UTF_8), "a model", MalformedModelException::new);
    return Topology.current(parsed, version, List.of())
        .object("config")
        .objects("layers")
        .getFirst();
  }

  @Test
  void randomCropResizedOutsideOfTrainingBeforeKeras38() {
    for (String version : List.of("2.15.0", "3.0.0", "3.7.1", "3.7", "tfjs-layers v4.0")) {
      Config layer = crop(version);
      assertEquals("Resizing", layer.string("class_name"), version);
      assertTrue(layer.object("config").flag("crop_to_aspect_ratio", false), version);
      assertFalse(layer.object("config").has("seed"), version);
    }
  }

  @Test
  void randomCropStaysSinceKeras38() {
    for (String version : List.of("3.8.0", "3.10.0", "3.15.1", "")) {
      assertEquals("RandomCrop", crop(version).string("class_name"), version);
    }
  }
}
