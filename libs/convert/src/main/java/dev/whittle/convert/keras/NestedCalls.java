package dev.whittle.convert.keras;

import dev.whittle.json.Config;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * From which number on the calls of nested models count. Keras makes a call of its own when it
 * makes a model of layers, which takes number 0. Keras 2 counts it wherever it names a tensor of a
 * nested model; Keras 3 where it names the outputs of the outer one, and for functional models
 * alone.
 */
final class NestedCalls {
  private final Map<String, Integer> before = new HashMap<>();

  /**
   * Looks through a functional model.
   *
   * @param model what the file says of it: its layers, its inputs and outputs
   */
  NestedCalls(Config model) {
    for (Config layer : model.objects("layers")) {
      if (KerasImporter.isModel(layer) && !(isSequential(layer) && isOfKeras3(layer))) {
        before.put(FunctionalWalk.layerName(layer), 1);
      }
    }
    // Models that were made without an input layer have no call of their own in Keras 2.
    for (Config layer : model.objects("layers")) {
      if (!isOfKeras3(layer)) {
        lookForZero(calls(layer));
      }
    }
    lookForZero(model.get("output_layers"));
  }

  /** How many calls the file counts before the first one of the outer model. */
  int before(String layer) {
    return before.getOrDefault(layer, 0);
  }

  /** Whether something names a tensor: a layer, a call, a result; and perhaps arguments. */
  static boolean isTensor(List<?> list) {
    return list.size() >= 3
        && list.size() <= 4
        && list.get(0) instanceof String
        && list.get(1) instanceof Long call
        && list.get(2) instanceof Long
        && call >= 0;
  }

  private static boolean isSequential(Config layer) {
    return layer.string("class_name").equals("Sequential");
  }

  /** Whether the calls spell out arguments. */
  private static boolean isOfKeras3(Config layer) {
    return calls(layer).stream().anyMatch(call -> call instanceof Map<?, ?>);
  }

  private static List<?> calls(Config layer) {
    return layer.has("inbound_nodes") ? layer.list("inbound_nodes") : List.of();
  }

  private void lookForZero(@Nullable Object names) {
    switch (names) {
      case List<?> list when isTensor(list) -> {
        if (list.get(1).equals(0L)) {
          before.remove((String) list.get(0));
        }
        if (list.size() == 4) {
          lookForZero(list.get(3));
        }
      }
      case List<?> list -> list.forEach(this::lookForZero);
      case Map<?, ?> map -> map.values().forEach(this::lookForZero);
      case null, default -> {}
    }
  }
}
