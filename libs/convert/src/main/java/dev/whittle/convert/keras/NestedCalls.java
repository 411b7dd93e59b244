package dev.whittle.convert.keras;

import dev.whittle.json.Config;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * The indices of the first calls of nested models. When Keras builds a model from layers, it calls
 * it once, as call 0. Keras 2 counts this call in all references to tensors of a nested model;
 * Keras 3 only in the outputs of the outer model, and for functional models.
 */
final class NestedCalls {
  private final Map<String, Integer> before = new HashMap<>();

  /**
   * Finds the nested models of a functional model.
   *
   * @param model the configuration of the model: its layers, inputs and outputs
   */
  NestedCalls(Config model) {
    for (Config layer : model.objects("layers")) {
      if (KerasImporter.isModel(layer) && !(isSequential(layer) && isOfKeras3(layer))) {
        before.put(FunctionalWalk.layerName(layer), 1);
      }
    }
    // In Keras 2, models built without an input layer are not called when they are built.
    for (Config layer : model.objects("layers")) {
      if (!isOfKeras3(layer)) {
        lookForZero(calls(layer));
      }
    }
    lookForZero(model.get("output_layers"));
  }

  /** Returns the number of calls that the file counts before the first one of the outer model. */
  int before(String layer) {
    return before.getOrDefault(layer, 0);
  }

  /** Returns whether a list refers to a tensor: layer, call and result, and maybe arguments. */
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

  /** Returns whether the calls contain arguments, as in Keras 3. */
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
