package dev.whittle.convert.keras.file;

import dev.whittle.json.Config;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * The configuration of a model in the form of Keras 3. Keras up to 2.2.2 had a list of layers for
 * the configuration of a sequential model, which therefore had no name; and some words had other
 * meanings before Keras 3.
 */
public final class Topology {
  /**
   * The name of {@code hard_sigmoid} of Keras 1 and 2, {@code min(max(0.2 x + 0.5, 0), 1)}, which
   * is another function than that of Keras 3.
   */
  public static final String OLD_HARD_SIGMOID = "hard_sigmoid of Keras 2";

  private final boolean beforeKeras3;

  private Topology(boolean beforeKeras3) {
    this.beforeKeras3 = beforeKeras3;
  }

  /**
   * The model with a name for every sequential model, and with words that mean what they mean in
   * Keras 3.
   *
   * @param version which Keras wrote it; empty if that is not known
   * @param layerNames what the file of weights calls the outermost model's layers, in order; empty
   *     if it does not say
   */
  static Config current(Config model, String version, List<String> layerNames) {
    Map<String, @Nullable Object> fields = new LinkedHashMap<>();
    model.keys().forEach(key -> fields.put(key, model.get(key)));
    // TensorFlow.js follows Keras 2.
    boolean old =
        version.startsWith("1.") || version.startsWith("2.") || version.startsWith("tfjs");
    new Topology(old).name(fields, "sequential", layerNames);
    return model.withFields(fields);
  }

  private void translate(
      Map<String, @Nullable Object> layer, Map<String, @Nullable Object> config) {
    for (String key : List.of("activation", "recurrent_activation")) {
      if ("hard_sigmoid".equals(config.get(key))) {
        config.put(key, OLD_HARD_SIGMOID);
      }
    }
    switch (String.valueOf(layer.get("class_name"))) {
      // What Keras up to 2.1 computed, which had no such option.
      case "GRU", "GRUCell" -> config.putIfAbsent("reset_after", false);
      case "BatchNormalizationV1", "BatchNormalizationV2" ->
          layer.put("class_name", "BatchNormalization");
      default -> {}
    }
  }

  private void name(
      Map<String, @Nullable Object> layer, String otherwise, List<String> layerNames) {
    Map<String, @Nullable Object> named = new LinkedHashMap<>();
    if (layer.get("config") instanceof List<?> layers) {
      named.put("name", layer.get("name") instanceof String name ? name : otherwise);
      named.put("layers", layers);
    } else if (layer.get("config") instanceof Map<?, ?> config) {
      config.forEach((key, value) -> named.put(String.valueOf(key), value));
    } else {
      return;
    }
    if (beforeKeras3) {
      translate(layer, named);
    }
    if (named.get("layers") instanceof List<?> layers) {
      named.put("layers", children(layers, layerNames));
    }
    for (String held : List.of("layer", "backward_layer", "cell")) {
      if (named.get(held) instanceof Map<?, ?> wrapped) {
        named.put(held, child(wrapped, "sequential"));
      }
    }
    if (named.get("cells") instanceof List<?> cells) {
      named.put("cells", children(cells, List.of()));
    }
    layer.put("config", named);
  }

  private List<@Nullable Object> children(List<?> layers, List<String> layerNames) {
    List<@Nullable Object> children = new ArrayList<>();
    boolean inOrder = layerNames.size() == layers.size();
    for (Object layer : layers) {
      int place = children.size();
      String name = inOrder ? layerNames.get(place) : "sequential_" + (place + 1);
      children.add(layer instanceof Map<?, ?> map ? child(map, name) : layer);
    }
    return children;
  }

  private Map<String, @Nullable Object> child(Map<?, ?> layer, String otherwise) {
    Map<String, @Nullable Object> fields = new LinkedHashMap<>();
    layer.forEach((key, value) -> fields.put(String.valueOf(key), value));
    name(fields, otherwise, List.of());
    return fields;
  }
}
