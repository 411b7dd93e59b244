package dev.whittle.convert.keras;

import dev.whittle.convert.keras.file.WeightKeys;
import dev.whittle.convert.keras.file.WeightStore;
import dev.whittle.ir.UnsupportedModelException;
import dev.whittle.ir.Value;
import dev.whittle.json.Config;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/** A traversal of the layers of a sequential model. */
final class SequentialWalk {
  private static final String INPUT = "InputLayer";

  /** The names that Keras 3 generates for inputs. */
  private static final Pattern GENERATED = Pattern.compile("input_layer(_\\d+)?");

  private final KerasImporter importer;
  private final Config model;
  private final WeightStore.Scope weights;
  private final List<Config> layers;

  /**
   * Creates a traversal.
   *
   * @param model the model's {@code class_name} and {@code config}
   */
  SequentialWalk(KerasImporter importer, Config model, WeightStore.Scope weights) {
    this.importer = importer;
    this.model = model;
    this.weights = weights;
    this.layers = model.object("config").objects("layers");
  }

  /** Returns the name of the output, which is that of the last layer. */
  String outputName() {
    return layers.isEmpty() ? "output" : layers.getLast().object("config").string("name", "output");
  }

  /**
   * Lowers the model.
   *
   * @param input the argument of a nested model; null for the outermost model
   * @return null if a layer, which has been noted, is not supported
   */
  @Nullable Argument run(@Nullable Argument input) {
    var names = new WeightKeys();
    Argument current = input;
    if (current instanceof Argument.OfList list && list.items().size() == 1) {
      current = list.items().getFirst();
    }
    for (Config layer : layers) {
      Config config = layer.object("config");
      String className = layer.string("class_name");
      if (className.equals(INPUT)) {
        current =
            current == null
                ? Argument.of(importer.input(openBatch(config), config.string("name")))
                : current;
        continue;
      }
      if (current == null) {
        current = Argument.of(firstInput(layer));
      }
      String name = config.string("name", className);
      WeightStore.Scope scope = weights.layer(names.next(className), name);
      Argument result =
          importer.layerOrNull(layer, scope, List.of(current), Map.of(), importer.emitter());
      if (result == null) {
        noteRest(layer);
        return null;
      }
      current = result;
    }
    return current;
  }

  /** Notes the layers of unknown classes behind a layer that is not supported. */
  private void noteRest(Config failed) {
    for (Config layer : layers.subList(layers.indexOf(failed) + 1, layers.size())) {
      String className = layer.string("class_name");
      if (!KerasImporter.isModel(layer) && !className.equals(INPUT)) {
        importer.noteIfUnknown(layer, className);
      }
    }
  }

  private Value firstInput(Config firstLayer) {
    String name = firstLayer.object("config").string("name", "layer") + "_input";
    Config described = describedInput(model);
    if (described == null) {
      throw new UnsupportedModelException(
          "the Sequential model",
          "was never built, so nothing says what shape its input has",
          "call it once, or begin it with keras.Input, before saving");
    }
    return importer.input(described.has("batch_shape") ? openBatch(described) : described, name);
  }

  /**
   * Opens the batch of an input that Keras added to a model without one, of the shape of the first
   * batch that the model saw. Its name is generated; so is that of an {@code Input} without a name,
   * whose batch cannot be told from this one and is opened, too. Stateful layers need a fixed
   * batch.
   */
  private Config openBatch(Config input) {
    boolean generated =
        !input.has("name")
            || GENERATED.matcher(input.string("name")).matches()
            || isOfFirstLayer(input);
    for (String key : List.of("batch_shape", "batch_input_shape")) {
      if (generated && !isStateful(model) && input.has(key) && !input.list(key).isEmpty()) {
        List<@Nullable Object> shape = new ArrayList<>(input.list(key));
        shape.set(0, null);
        Map<String, @Nullable Object> fields = new HashMap<>();
        input.keys().forEach(field -> fields.put(field, input.get(field)));
        fields.put(key, shape);
        return input.withFields(fields);
      }
    }
    return input;
  }

  /** Returns whether an input has the name that Keras 2 generates. */
  private boolean isOfFirstLayer(Config input) {
    return layers.stream()
        .filter(layer -> !layer.string("class_name").equals(INPUT))
        .findFirst()
        .map(layer -> layer.object("config").string("name", "") + "_input")
        .filter(input.string("name", "")::equals)
        .isPresent();
  }

  private static boolean isStateful(Config layer) {
    Config config = layer.object("config");
    if (config.flag("stateful", false)) {
      return true;
    }
    if (KerasImporter.isModel(layer)) {
      return config.objects("layers").stream().anyMatch(SequentialWalk::isStateful);
    }
    return config.get("layer") instanceof Map<?, ?> && isStateful(config.object("layer"));
  }

  /**
   * Returns the configuration with the shape of a layer's input; of a model, of its first layer.
   */
  private static @Nullable Config describedInput(Config layer) {
    Config config = layer.object("config");
    if (layer.string("class_name").equals(INPUT) || config.has("batch_input_shape")) {
      return config;
    }
    if (KerasImporter.isModel(layer)) {
      for (Config inner : config.objects("layers")) {
        Config described = describedInput(inner);
        if (described != null) {
          return described;
        }
        if (layer.string("class_name").equals("Sequential")) {
          break;
        }
      }
    }
    if (!config.has("build_input_shape")) {
      return null;
    }
    Map<String, @Nullable Object> fields = new HashMap<>();
    fields.put("batch_shape", config.get("build_input_shape"));
    return config.withFields(fields);
  }
}
