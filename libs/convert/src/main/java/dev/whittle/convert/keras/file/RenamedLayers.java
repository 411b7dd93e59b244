package dev.whittle.convert.keras.file;

import dev.whittle.json.Config;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * The names of a configuration's layers in a file of weights only. Keras names layers by counters
 * that differ between processes, so {@code conv2d_1} in the file may be {@code conv2d} in the
 * configuration. Where names differ, layers of a kind correspond in order, as Keras loads them.
 */
final class RenamedLayers {
  private RenamedLayers() {}

  /**
   * Returns the file's names of layers by their names in the configuration, where they differ.
   *
   * @param stored the file's layers with weights, in order
   */
  static Map<String, String> match(Config model, List<String> stored) {
    Map<String, List<String>> inFile = byKind(stored);
    Map<String, List<String>> inModel = byKind(names(model));
    var known = new HashSet<>(stored);
    Map<String, String> renamed = new HashMap<>();
    inModel.forEach(
        (kind, names) -> {
          List<String> others = inFile.getOrDefault(kind, List.of());
          if (others.size() == names.size() && !known.containsAll(names)) {
            for (int i = 0; i < names.size(); i++) {
              renamed.put(names.get(i), others.get(i));
            }
          }
        });
    return renamed;
  }

  private static List<String> names(Config model) {
    List<String> names = new ArrayList<>();
    if (model.get("config") instanceof Map<?, ?> config
        && config.get("layers") instanceof List<?> layers) {
      for (Object layer : layers) {
        if (layer instanceof Map<?, ?> entry
            && entry.get("config") instanceof Map<?, ?> fields
            && fields.get("name") instanceof String name) {
          names.add(name);
        }
      }
    }
    return names;
  }

  /** Groups names, in order, by the name without its counter. */
  private static Map<String, List<String>> byKind(List<String> names) {
    Map<String, List<String>> kinds = new LinkedHashMap<>();
    for (String name : names) {
      kinds.computeIfAbsent(name.replaceFirst("_\\d+$", ""), k -> new ArrayList<>()).add(name);
    }
    return kinds;
  }
}
