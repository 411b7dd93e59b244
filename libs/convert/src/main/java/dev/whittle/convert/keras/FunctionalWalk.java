package dev.whittle.convert.keras;

import dev.whittle.convert.keras.file.WeightKeys;
import dev.whittle.convert.keras.file.WeightStore;
import dev.whittle.convert.lower.Emitter;
import dev.whittle.ir.MalformedModelException;
import dev.whittle.ir.Value;
import dev.whittle.ir.tensor.Shape;
import dev.whittle.ir.tensor.TensorType;
import dev.whittle.json.Config;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.HashMap;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * A traversal of a functional model, which lowers each call of a layer as soon as its inputs are
 * lowered. Reads the nodes of Keras 3, which contain arguments, and of Keras 2, which list tensors.
 */
final class FunctionalWalk {
  /** A reference to a tensor: a layer, the index of its call in this model, and of the result. */
  private record History(String layer, int call, int result) {}

  /** A call of a layer that is not lowered yet. */
  private record Pending(Config layer, int call, Object node) {}

  /** The results of a call; null where the layer is not supported. */
  private record Results(@Nullable List<Argument.OfTensor> tensors, @Nullable Argument whole) {}

  private final KerasImporter importer;
  private final Config config;
  private final WeightStore.Scope weights;
  private final Emitter emit;
  private final Map<String, Map<Integer, Results>> results = new HashMap<>();
  private final Map<String, WeightStore.Scope> scopes = new HashMap<>();
  private final NestedCalls nestedCalls;

  FunctionalWalk(KerasImporter importer, Config config, WeightStore.Scope weights) {
    this.importer = importer;
    this.config = config;
    this.weights = weights;
    this.emit = importer.emitter();
    this.nestedCalls = new NestedCalls(config);
  }

  private Object required(String key) {
    Object value = config.get(key);
    if (value == null) {
      throw new MalformedModelException(config.place() + ": '" + key + "' is missing");
    }
    return value;
  }

  /** Returns the names of the outputs in order: keys of a dictionary, or names of layers. */
  List<String> outputNames() {
    Object outputs = required("output_layers");
    if (outputs instanceof Map<?, ?> map) {
      return map.keySet().stream().map(String::valueOf).sorted().toList();
    }
    List<String> names = new ArrayList<>();
    leaves(outputs).forEach(leaf -> names.add(leaf.layer));
    return names;
  }

  /**
   * Lowers the model.
   *
   * @param input the argument of a nested model; null for the outermost model, whose input layers
   *     become inputs of the graph
   * @return null if an unsupported layer, which has been noted, precedes the outputs
   */
  @Nullable Argument run(@Nullable Argument input) {
    List<Config> layers = config.objects("layers");
    List<Pending> pending = new ArrayList<>();
    var keys = new WeightKeys();
    for (Config layer : layers) {
      String name = layerName(layer);
      if (!isOperationNode(layer)) {
        scopes.put(name, weights.layer(keys.next(layer.string("class_name")), name));
      }
      List<?> nodes = layer.has("inbound_nodes") ? layer.list("inbound_nodes") : List.of();
      int call = 0;
      for (Object node : nodes) {
        if (node == null) {
          throw new MalformedModelException(layer.place() + ": a call is null");
        }
        pending.add(new Pending(layer, call++, node));
      }
    }
    bindInputs(layers, input);
    Object outputs = required("output_layers");
    lowerAll(needed(pending, outputs));
    return result(outputs);
  }

  /** Returns the calls that outputs depend on; others may compute losses and metrics. */
  private List<Pending> needed(List<Pending> calls, Object outputs) {
    Map<String, Map<Integer, Pending>> byPlace = new HashMap<>();
    for (Pending call : calls) {
      byPlace.computeIfAbsent(layerName(call.layer), k -> new HashMap<>()).put(call.call, call);
    }
    Set<Pending> needed = new HashSet<>();
    Deque<Object> left = new ArrayDeque<>(List.of(outputs));
    while (!left.isEmpty()) {
      Object next = left.pop();
      History leaf = history(next);
      if (leaf != null) {
        Pending call = byPlace.getOrDefault(leaf.layer, Map.of()).get(leaf.call);
        if (call != null && needed.add(call)) {
          left.push(call.node);
        }
      }
      if (next instanceof List<?> list) {
        list.stream().filter(Objects::nonNull).forEach(left::push);
      } else if (next instanceof Map<?, ?> map) {
        map.values().stream().filter(Objects::nonNull).forEach(left::push);
      }
    }
    return calls.stream().filter(needed::contains).toList();
  }

  private static boolean isOperationNode(Config layer) {
    return KerasImporter.isOperationModule(layer.string("module", ""));
  }

  static String layerName(Config layer) {
    return layer.has("name") ? layer.string("name") : layer.object("config").string("name");
  }

  private void bindInputs(List<Config> layers, @Nullable Argument input) {
    Object stated = required("input_layers");
    Map<String, Config> byName = new LinkedHashMap<>();
    layers.forEach(layer -> byName.put(layerName(layer), layer));
    List<History> inputs = leaves(stated);
    Map<String, Argument.OfTensor> given = input == null ? Map.of() : given(stated, inputs, input);
    for (History leaf : inputs) {
      Config layer = byName.get(leaf.layer);
      if (layer == null) {
        throw new MalformedModelException(
            config.place() + ": there is no input layer '" + leaf.layer + "'");
      }
      Argument.OfTensor tensor =
          input == null
              ? new Argument.OfTensor(importer.input(layer.object("config"), leaf.layer), null)
              : Objects.requireNonNull(given.get(leaf.layer));
      put(leaf.layer, leaf.call, tensor);
    }
  }

  /** Returns the tensors of a call of a nested model by the names of its input layers. */
  private Map<String, Argument.OfTensor> given(
      Object stated, List<History> inputs, Argument input) {
    Map<String, Argument.OfTensor> given = new HashMap<>();
    if (input instanceof Argument.OfMap map) {
      for (Map.Entry<String, Argument> entry : map.items().entrySet()) {
        if (entry.getValue() instanceof Argument.OfTensor tensor) {
          Object leaf = stated instanceof Map<?, ?> m ? m.get(entry.getKey()) : null;
          History history = leaf == null ? null : history(leaf);
          given.put(history == null ? entry.getKey() : history.layer, tensor);
        }
      }
    }
    List<Argument.OfTensor> tensors = Argument.tensors(input);
    for (int i = 0; i < inputs.size() && i < tensors.size(); i++) {
      given.putIfAbsent(inputs.get(i).layer, tensors.get(i));
    }
    if (!inputs.stream().allMatch(leaf -> given.containsKey(leaf.layer))) {
      throw new MalformedModelException(
          config.place()
              + ": a nested model of "
              + inputs.size()
              + " inputs is called with "
              + tensors.size());
    }
    return given;
  }

  private void put(String layer, int call, Argument result) {
    results
        .computeIfAbsent(layer, k -> new HashMap<>())
        .put(call, new Results(Argument.tensors(result), result));
  }

  private void lowerAll(List<Pending> pending) {
    List<Pending> left = pending;
    while (!left.isEmpty()) {
      List<Pending> later = new ArrayList<>();
      for (Pending call : left) {
        if (isReady(call.node)) {
          lower(call);
        } else {
          later.add(call);
        }
      }
      if (later.size() == left.size()) {
        throw new MalformedModelException(
            "%s: layer '%s' depends on tensors that no layer computes"
                .formatted(config.place(), layerName(later.getFirst().layer)));
      }
      left = later;
    }
  }

  private void lower(Pending pending) {
    Config layer = pending.layer;
    String name = layerName(layer);
    if (layer.string("class_name").equals("InputLayer")) {
      return;
    }
    List<Argument> args = new ArrayList<>();
    Map<String, Argument> kwargs = new LinkedHashMap<>();
    if (pending.node instanceof Map<?, ?> node) {
      Config spelled = layer.nested(".inbound_nodes[" + pending.call + "]", node);
      for (Object arg : spelled.list("args")) {
        args.add(argument(arg));
      }
      if (spelled.has("kwargs")) {
        Config named = spelled.object("kwargs");
        for (String key : named.keys()) {
          kwargs.put(key, argument(named.get(key)));
        }
      }
    } else if (pending.node instanceof List<?> node) {
      legacyCall(layer, node, args, kwargs);
    } else {
      throw new MalformedModelException(
          layer.place() + ": expected a call to be a list or an object");
    }
    Map<Integer, Results> calls = results.computeIfAbsent(name, k -> new HashMap<>());
    if (args.contains(MISSING) || kwargs.containsValue(MISSING)) {
      importer.noteIfUnknown(layer, layer.string("class_name"));
      calls.put(pending.call, new Results(null, null));
      return;
    }
    WeightStore.Scope scope = scopes.getOrDefault(name, weights);
    Argument result = importer.layerOrNull(layer, scope, args, kwargs, emit);
    calls.put(
        pending.call,
        result == null ? new Results(null, null) : new Results(Argument.tensors(result), result));
  }

  /** Stands for a tensor of unknown type and shape, whose layer is not supported. */
  private static final Argument MISSING = new Argument.Literal("<missing>");

  // References of calls.

  private boolean isReady(@Nullable Object node) {
    History leaf = node == null ? null : history(node);
    if (leaf != null && (scopes.containsKey(leaf.layer) || results.containsKey(leaf.layer))) {
      // Keras 2 lists further arguments behind the first tensor.
      Object named = node instanceof List<?> list && list.size() == 4 ? list.get(3) : null;
      return results.getOrDefault(leaf.layer, Map.of()).containsKey(leaf.call) && isReady(named);
    }
    return switch (node) {
      case Map<?, ?> map -> map.values().stream().allMatch(this::isReady);
      case List<?> list -> list.stream().allMatch(this::isReady);
      case null, default -> true;
    };
  }

  /**
   * Parses a reference to a tensor: a list of layer, call and result, or Keras 3's description.
   * Returns null for anything else.
   */
  private @Nullable History history(Object leaf) {
    if (leaf instanceof Map<?, ?> map) {
      return "__keras_tensor__".equals(map.get("class_name"))
              && map.get("config") instanceof Map<?, ?> described
              && described.get("keras_history") instanceof List<?> list
              && NestedCalls.isTensor(list)
          ? history(list, 0)
          : null;
    }
    return leaf instanceof List<?> list && NestedCalls.isTensor(list)
        ? history(list, nestedCalls.before((String) list.get(0)))
        : null;
  }

  private static History history(List<?> list, int before) {
    int call = ((Long) list.get(1)).intValue();
    return new History((String) list.get(0), call - before, ((Long) list.get(2)).intValue());
  }

  private List<History> leaves(Object structure) {
    List<History> found = new ArrayList<>();
    History leaf = history(structure);
    if (leaf != null) {
      found.add(leaf);
    } else if (structure instanceof List<?> list) {
      for (Object item : list) {
        if (item != null) {
          found.addAll(leaves(item));
        }
      }
    } else if (structure instanceof Map<?, ?> map) {
      map.entrySet().stream()
          .sorted(java.util.Comparator.comparing(e -> String.valueOf(e.getKey())))
          .map(Map.Entry::getValue)
          .filter(Objects::nonNull)
          .forEach(item -> found.addAll(leaves(item)));
    }
    return found;
  }

  private @Nullable Argument result(Object structure) {
    History leaf = history(structure);
    if (leaf != null) {
      Argument tensor = tensor(leaf, null);
      return tensor.equals(MISSING) ? null : tensor;
    }
    return switch (structure) {
      case List<?> list -> {
        List<Argument> items = new ArrayList<>();
        for (Object item : list) {
          Argument result = item == null ? null : result(item);
          if (result == null) {
            yield null;
          }
          items.add(result);
        }
        yield new Argument.OfList(items);
      }
      case Map<?, ?> map -> {
        Map<String, Argument> items = new LinkedHashMap<>();
        for (Map.Entry<?, ?> entry : map.entrySet()) {
          Argument result = entry.getValue() == null ? null : result(entry.getValue());
          if (result == null) {
            yield null;
          }
          items.put(String.valueOf(entry.getKey()), result);
        }
        yield new Argument.OfMap(items);
      }
      default ->
          throw new MalformedModelException(
              config.place() + ": expected 'output_layers' to name layers");
    };
  }

  private Argument tensor(History history, @Nullable Map<?, ?> described) {
    Results found = results.getOrDefault(history.layer, Map.of()).get(history.call);
    if (found == null) {
      throw new MalformedModelException(
          "%s: call %d of layer '%s' is missing"
              .formatted(config.place(), history.call, history.layer));
    }
    if (found.tensors == null) {
      return described == null ? MISSING : placeholder(history, described);
    }
    if (history.result < 0 || history.result >= found.tensors.size()) {
      throw new MalformedModelException(
          "%s: layer '%s' has no result %d"
              .formatted(config.place(), history.layer, history.result));
    }
    return found.tensors.get(history.result);
  }

  /** Returns a value of the stated type, so that layers behind an unsupported one are checked. */
  private Argument placeholder(History history, Map<?, ?> described) {
    Config tensor = config.withFields(described);
    if (!tensor.has("shape")) {
      return MISSING;
    }
    Shape shape = KerasImporter.shape(tensor.list("shape"), tensor);
    TensorType type = KerasImporter.type(tensor.string("dtype", "float32"));
    return Argument.of(emit.graph().value(Value.of(0, history.layer, type, shape)));
  }

  /** Parses an argument in the form of Keras 3. */
  private Argument argument(@Nullable Object value) {
    return switch (value) {
      case List<?> list -> {
        List<Argument> items = new ArrayList<>();
        for (Object item : list) {
          items.add(argument(item));
        }
        yield items.contains(MISSING) ? MISSING : new Argument.OfList(items);
      }
      case Map<?, ?> map -> object(map);
      case null, default -> new Argument.Literal(value);
    };
  }

  private Argument object(Map<?, ?> map) {
    History history = history(map);
    if (history != null) {
      return tensor(history, map.get("config") instanceof Map<?, ?> described ? described : null);
    }
    if (map.get("class_name") instanceof String className
        && map.get("config") instanceof Map<?, ?> inner) {
      Config described = config.withFields(inner);
      return switch (className) {
        case "__slice__" ->
            new Argument.OfSlice(
                argument(described.get("start")),
                argument(described.get("stop")),
                argument(described.get("step")));
        case "__ellipsis__" -> new Argument.Ellipsis();
        case "__tuple__" -> argument(described.get("value"));
        case "__tensor__", "__numpy__" ->
            Argument.of(
                Constants.ofNested(
                    emit, described.get("value"), described.string("dtype", "float32")));
        case "DTypePolicy" -> new Argument.Literal(described.string("name"));
        default -> new Argument.Literal(className);
      };
    }
    if ("__ellipsis__".equals(map.get("class_name"))) {
      return new Argument.Ellipsis();
    }
    Map<String, Argument> items = new LinkedHashMap<>();
    for (Map.Entry<?, ?> entry : map.entrySet()) {
      items.put(String.valueOf(entry.getKey()), argument(entry.getValue()));
    }
    return items.containsValue(MISSING) ? MISSING : new Argument.OfMap(items);
  }

  // Keras 2.

  private void legacyCall(
      Config layer, List<?> node, List<Argument> args, Map<String, Argument> kwargs) {
    // [["a", 0, 0, {}], ["b", 0, 0, {}]]; a call with one tensor may be its list alone.
    List<?> entries = history(node) != null || isConstant(node) ? List.of(node) : node;
    List<Argument> tensors = new ArrayList<>();
    Map<Integer, Object> constants = new LinkedHashMap<>();
    for (Object entry : entries) {
      if (!(entry instanceof List<?> list)) {
        throw new MalformedModelException(
            layer.place() + ": expected a call to be a list or an object");
      }
      if (isConstant(list)) {
        if (list.get(2) != null) {
          constants.put(tensors.size(), list.get(2));
        }
        tensors.add(legacyArgument(list.get(2)));
      } else {
        History history = history(list);
        tensors.add(history == null ? legacyArgument(list) : tensor(history, null));
      }
      if (list.size() == 4 && list.get(3) instanceof Map<?, ?> named) {
        for (Map.Entry<?, ?> entryOfCall : named.entrySet()) {
          kwargs.putIfAbsent(
              String.valueOf(entryOfCall.getKey()), legacyArgument(entryOfCall.getValue()));
        }
      }
    }
    if (tensors.contains(MISSING)) {
      args.add(MISSING);
    } else if (tensors.size() == 1) {
      args.add(tensors.getFirst());
    } else {
      // Constants among tensors become tensors.
      List<Argument.OfTensor> others = Argument.tensors(new Argument.OfList(tensors));
      String dtype =
          others.isEmpty()
              ? "float32"
              : others.getFirst().value().type().name().toLowerCase(Locale.ROOT);
      constants.forEach(
          (place, value) ->
              tensors.set(place, Argument.of(Constants.ofNested(emit, value, dtype))));
      args.add(new Argument.OfList(tensors));
    }
  }

  private static boolean isConstant(List<?> entry) {
    return entry.size() >= 3 && "_CONSTANT_VALUE".equals(entry.get(0));
  }

  private Argument legacyArgument(@Nullable Object value) {
    if (value instanceof List<?> list) {
      if (isConstant(list)) {
        return legacyArgument(list.get(2));
      }
      History history = history(list);
      if (history != null && results.containsKey(history.layer)) {
        return tensor(history, null);
      }
      List<Argument> items = new ArrayList<>();
      for (Object item : list) {
        items.add(legacyArgument(item));
      }
      return items.contains(MISSING) ? MISSING : new Argument.OfList(items);
    }
    if (value instanceof Map<?, ?> map) {
      if (map.containsKey("start") && map.containsKey("stop")) {
        return new Argument.OfSlice(
            legacyArgument(map.get("start")),
            legacyArgument(map.get("stop")),
            legacyArgument(map.get("step")));
      }
      return object(map);
    }
    return new Argument.Literal(value);
  }
}
