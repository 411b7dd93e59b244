package dev.whittle.convert.keras.file;

import dev.whittle.json.Config;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * The configuration of a model in the form that later versions write. Keras up to 2.2.2 had a list
 * of layers for the configuration of a sequential model, which therefore had no name.
 */
final class Topology {
  private Topology() {}

  /**
   * The model with a name for every sequential model.
   *
   * @param layerNames what the file of weights calls the outermost model's layers, in order; empty
   *     if it does not say
   */
  static Config named(Config model, List<String> layerNames) {
    Map<String, @Nullable Object> fields = new LinkedHashMap<>();
    model.keys().forEach(key -> fields.put(key, model.get(key)));
    name(fields, "sequential", layerNames);
    return new Config(fields, model.place());
  }

  private static void name(
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
    if (named.get("layers") instanceof List<?> layers) {
      named.put("layers", children(layers, layerNames));
    }
    if (named.get("layer") instanceof Map<?, ?> wrapped) {
      named.put("layer", child(wrapped, "sequential"));
    }
    layer.put("config", named);
  }

  private static List<@Nullable Object> children(List<?> layers, List<String> layerNames) {
    List<@Nullable Object> children = new ArrayList<>();
    boolean inOrder = layerNames.size() == layers.size();
    for (Object layer : layers) {
      int place = children.size();
      String name = inOrder ? layerNames.get(place) : "sequential_" + (place + 1);
      children.add(layer instanceof Map<?, ?> map ? child(map, name) : layer);
    }
    return children;
  }

  private static Map<String, @Nullable Object> child(Map<?, ?> layer, String otherwise) {
    Map<String, @Nullable Object> fields = new LinkedHashMap<>();
    layer.forEach((key, value) -> fields.put(String.valueOf(key), value));
    name(fields, otherwise, List.of());
    return fields;
  }
}
