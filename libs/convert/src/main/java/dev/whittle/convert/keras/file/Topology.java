package dev.whittle.convert.keras.file;

import dev.whittle.json.Config;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/**
 * A translation of configurations to the form of Keras 3. Up to Keras 2.2.2, the configuration of a
 * sequential model was a list of layers without a name. Some terms had other meanings before Keras
 * 3.
 */
public final class Topology {
  /**
   * The name of the function {@code hard_sigmoid} of Keras 1 and 2, {@code min(max(0.2 x + 0.5, 0),
   * 1)}, which Keras 3 defines differently.
   */
  public static final String OLD_HARD_SIGMOID = "hard_sigmoid of Keras 2";

  private static final Pattern BEFORE_KERAS_3 = Pattern.compile("[12]\\..*|tfjs.*");
  private static final Pattern KERAS_3_0_TO_3_7 = Pattern.compile("3\\.[0-7](\\D.*)?");

  private final boolean beforeKeras3;
  private final boolean cropsWithoutTraining;

  private Topology(String version) {
    // TensorFlow.js follows Keras 2.
    beforeKeras3 = BEFORE_KERAS_3.matcher(version).matches();
    cropsWithoutTraining = beforeKeras3 || KERAS_3_0_TO_3_7.matcher(version).matches();
  }

  /**
   * Returns a model with a name for every sequential model, in the terms of Keras 3.
   *
   * @param version the version of Keras that wrote it; empty if it is unknown
   * @param layerNames the names of the outermost model's layers in the file of weights, in order;
   *     empty if they are unknown
   */
  static Config current(Config model, String version, List<String> layerNames) {
    Map<String, @Nullable Object> fields = new LinkedHashMap<>();
    model.keys().forEach(key -> fields.put(key, model.get(key)));
    new Topology(version).name(fields, "sequential", layerNames);
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
      // Keras up to 2.1 lacked this option.
      case "GRU", "GRUCell" -> config.putIfAbsent("reset_after", false);
      case "BatchNormalizationV1", "BatchNormalizationV2" ->
          layer.put("class_name", "BatchNormalization");
      default -> {}
    }
  }

  /**
   * Outside of training, RandomCrop resized the largest part of the same aspect ratio up to Keras
   * 3.7; since 3.8 it returns its input.
   */
  private void translateCrop(
      Map<String, @Nullable Object> layer, Map<String, @Nullable Object> config) {
    if (cropsWithoutTraining && "RandomCrop".equals(layer.get("class_name"))) {
      layer.put("class_name", "Resizing");
      config.remove("seed");
      config.put("crop_to_aspect_ratio", true);
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
    translateCrop(layer, named);
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
      int index = children.size();
      String name = inOrder ? layerNames.get(index) : "sequential_" + (index + 1);
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
