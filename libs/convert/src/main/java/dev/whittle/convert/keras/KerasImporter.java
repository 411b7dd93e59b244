package dev.whittle.convert.keras;

import dev.whittle.convert.keras.file.KerasFile;
import dev.whittle.convert.keras.file.LayerWeights;
import dev.whittle.convert.keras.file.WeightStore;
import dev.whittle.convert.lower.DeclaredTypes;
import dev.whittle.convert.lower.Emitter;
import dev.whittle.convert.lower.Imported;
import dev.whittle.ir.Graph;
import dev.whittle.ir.GraphCheck;
import dev.whittle.ir.MalformedModelException;
import dev.whittle.ir.Model;
import dev.whittle.ir.Signature;
import dev.whittle.ir.UnsupportedModelException;
import dev.whittle.ir.Value;
import dev.whittle.ir.tensor.OperandException;
import dev.whittle.ir.tensor.Shape;
import dev.whittle.ir.tensor.TensorType;
import dev.whittle.json.Config;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/**
 * Lowers the layers of a Keras model. A layer that cannot be lowered is noted, and the import
 * continues with the result that the file describes, so that one error lists all such layers.
 */
public final class KerasImporter {
  private static final int MAX_NESTING = 50;

  private final Emitter emit;
  private final Map<String, Shape> inputShapes;
  private final Set<String> usedShapes = new HashSet<>();
  private final List<UnsupportedModelException.Item> unsupported = new ArrayList<>();
  private final List<Imported.Layer> layers = new ArrayList<>();
  private final @Nullable TrainingNotes trainingNotes;
  private final DeclaredTypes declared = new DeclaredTypes();
  private int nesting;

  private KerasImporter(
      Emitter emit, Map<String, Shape> inputShapes, @Nullable TrainingNotes trainingNotes) {
    this.emit = emit;
    this.inputShapes = inputShapes;
    this.trainingNotes = trainingNotes;
  }

  /**
   * Lowers a model. Its signature {@code serving_default} names inputs by their input layers and
   * outputs by the layers that compute them.
   *
   * @param inputShapes shapes of inputs by name, in place of those in the file
   * @throws MalformedModelException if the file contradicts itself
   * @throws UnsupportedModelException listing every layer that has no lowering
   * @throws IOException if the file cannot be read
   */
  public static Imported importModel(KerasFile file, Map<String, Shape> inputShapes)
      throws IOException {
    return reported(
        file,
        () -> importWeights(file.model(), file.weights(), inputShapes, Emitter.ofModel(), null));
  }

  /** Runs an import and adds the file to problems that no layer accounts for. */
  private static <T> T reported(KerasFile file, Supplier<T> lowering) throws IOException {
    String place = file.model().place();
    try {
      return lowering.get();
    } catch (UncheckedIOException e) {
      throw e.getCause();
    } catch (OperandException e) {
      String message = String.valueOf(e.getMessage());
      throw e.isUnsupported()
          ? new UnsupportedModelException(place, message, "")
          : new MalformedModelException(place + ": " + message, e);
    }
  }

  /**
   * Lowers a model so that it can be trained.
   *
   * @param inputShapes shapes of inputs by name, in place of those in the file
   * @throws MalformedModelException if the file contradicts itself
   * @throws UnsupportedModelException listing every layer that has no lowering
   * @throws IOException if the file cannot be read
   */
  public static TrainableKeras importForTraining(KerasFile file, Map<String, Shape> inputShapes)
      throws IOException {
    return reported(file, () -> TrainableKeras.of(file, inputShapes));
  }

  static Imported importForTraining(
      Config model,
      WeightStore weights,
      Map<String, Shape> inputShapes,
      TrainingNotes trainingNotes) {
    return importWeights(
        model, weights, inputShapes, Emitter.ofModelWithSeparateConstants(), trainingNotes);
  }

  private static Imported importWeights(
      Config model,
      WeightStore weights,
      Map<String, Shape> inputShapes,
      Emitter emit,
      @Nullable TrainingNotes trainingNotes) {
    var importer = new KerasImporter(emit, inputShapes, trainingNotes);
    Named outputs = importer.outermost(model, weights.root());
    importer.checkFinished();
    List<Signature.Port> ports = new ArrayList<>();
    outputs.values.forEach((name, value) -> ports.add(new Signature.Port(name, value.id())));
    emit.graph().output(outputs.values.values().toArray(new Value[0]));
    List<Graph> graphs = emit.buildGraphs();
    Graph main = graphs.getFirst();
    List<Signature.Port> inputs =
        main.inputs().stream().map(id -> new Signature.Port(main.value(id).name(), id)).toList();
    var signature = new Signature("serving_default", 0, inputs, ports);
    var imported = new Model("Whittle", graphs, List.of(signature), List.of());
    GraphCheck.check(imported);
    return new Imported(imported, importer.layers);
  }

  /** Returns the notes of an import for training; null for another import. */
  @Nullable TrainingNotes trainingNotes() {
    return trainingNotes;
  }

  /** Output values by their names in the signature. */
  private record Named(Map<String, Value> values) {}

  private void checkFinished() {
    if (!unsupported.isEmpty()) {
      throw new UnsupportedModelException(unsupported);
    }
    for (String name : inputShapes.keySet()) {
      if (!usedShapes.contains(name)) {
        throw new UnsupportedModelException(
            "input shape for '" + name + "'",
            "the model has no such input",
            "its inputs are "
                + emit.graph().build().inputs().stream()
                    .map(id -> emit.graph().build().value(id).name())
                    .toList());
      }
    }
  }

  private Named outermost(Config model, WeightStore.Scope weights) {
    String className = model.string("class_name");
    Map<String, Value> outputs = new LinkedHashMap<>();
    switch (className) {
      case "Functional", "Model" -> {
        if (!isFunctional(model)) {
          throw subclassed(model);
        }
        Config config = model.object("config");
        var walk = new FunctionalWalk(this, config, weights);
        name(outputs, walk.outputNames(), walk.run(null));
      }
      case "Sequential" -> {
        var walk = new SequentialWalk(this, model, weights);
        name(outputs, List.of(walk.outputName()), walk.run(null));
      }
      default -> {
        if (!isFunctional(model)) {
          throw subclassed(model);
        }
        // A subclass of a functional model, saved in the form of one.
        var walk = new FunctionalWalk(this, model.object("config"), weights);
        name(outputs, walk.outputNames(), walk.run(null));
      }
    }
    if (outputs.isEmpty() && unsupported.isEmpty()) {
      throw new MalformedModelException(model.place() + ": the model has no outputs");
    }
    return new Named(outputs);
  }

  private static boolean isFunctional(Config model) {
    return model.get("config") instanceof Map<?, ?> config
        && config.containsKey("layers")
        && config.containsKey("output_layers");
  }

  private static UnsupportedModelException subclassed(Config model) {
    String name = model.string("class_name");
    return new UnsupportedModelException(
        "model of class " + name,
        "its layers are known only to its Python code, which the file does not hold",
        "build it as a Functional or Sequential model, or export it as a SavedModel"
            + " (model.export) and convert that");
  }

  private void name(Map<String, Value> outputs, List<String> names, @Nullable Argument result) {
    if (result == null) {
      return;
    }
    List<Argument.OfTensor> tensors = Argument.tensors(result);
    for (int i = 0; i < tensors.size(); i++) {
      String stem = i < names.size() ? names.get(i) : "output_" + i;
      String name = stem;
      for (int n = 1; outputs.containsKey(name); n++) {
        name = stem + "_" + n;
      }
      outputs.put(name, declared.restore(emit, tensors.get(i).value()));
    }
  }

  // Inputs.

  Emitter emitter() {
    return emit;
  }

  /** Adds an input of the graph for an input layer. */
  Value input(Config config, String name) {
    String dtype = dtypeName(config, "float32");
    TensorType type = trainingNotes == null ? declaredType(dtype) : type(dtype);
    if (config.flag("ragged", false)) {
      unsupported.add(
          new UnsupportedModelException.Item(
              LayerCall.describe(name, "InputLayer"),
              "ragged inputs",
              "pad the sequences and mask the padding"));
    }
    Shape stated = shape(config, name);
    Shape shape = stated;
    Shape fixed = inputShapes.get(name);
    if (fixed != null) {
      usedShapes.add(name);
      if (!stated.accepts(fixed) && stated.isStatic()) {
        throw new UnsupportedModelException(
            "input '" + name + "'", "has the shape " + stated + ", not " + fixed, "");
      }
      if (!stated.accepts(fixed)) {
        throw new UnsupportedModelException(
            "input '" + name + "'", "has the shape " + stated + ", which excludes " + fixed, "");
      }
      shape = fixed;
    }
    Value computed = emit.cast(emit.input(name, type, shape), type(dtype));
    declared.set(List.of(computed), type);
    return computed;
  }

  private static Shape shape(Config config, String name) {
    for (String key : List.of("batch_shape", "batch_input_shape")) {
      if (config.has(key)) {
        return shape(config.list(key), config);
      }
    }
    throw new MalformedModelException(
        config.place() + ": input layer '" + name + "' states no batch_shape");
  }

  static Shape shape(List<?> dims, Config config) {
    int[] dimensions = new int[dims.size()];
    for (int i = 0; i < dimensions.length; i++) {
      Object dim = dims.get(i);
      if (dim != null && !(dim instanceof Long n && n >= 0 && n <= Integer.MAX_VALUE)) {
        throw new MalformedModelException(
            config.place() + ": expected a dimension from 0 to 2^31 - 1, found " + dim);
      }
      dimensions[i] = dim instanceof Long n ? n.intValue() : Shape.DYNAMIC;
    }
    return Shape.of(dimensions);
  }

  /** Returns the name of a layer's dtype or dtype policy. */
  static String dtypeName(Config config, String ifMissing) {
    Object dtype = config.get("dtype");
    if (dtype instanceof String name) {
      return name;
    }
    if (dtype instanceof Map<?, ?> policy && policy.get("config") instanceof Map<?, ?> inner) {
      if (inner.get("name") instanceof String name) {
        return name;
      }
      // Layers that Keras quantized compute in the type that they had before.
      return inner.get("source_name") instanceof String source ? source : ifMissing;
    }
    return ifMissing;
  }

  /** Returns the tensor type of a Keras dtype; all floats are computed in 32 bits. */
  static TensorType type(String dtype) {
    return switch (dtype) {
      case "int8" -> TensorType.INT8;
      case "uint8" -> TensorType.UINT8;
      case "int16" -> TensorType.INT16;
      case "uint16" -> TensorType.UINT16;
      case "int32" -> TensorType.INT32;
      case "uint32" -> TensorType.UINT32;
      case "int64" -> TensorType.INT64;
      case "bool" -> TensorType.BOOL;
      case "string" -> TensorType.STRING;
      case "complex64" -> TensorType.COMPLEX64;
      default -> TensorType.FLOAT32;
    };
  }

  /**
   * Returns the type that a Keras dtype, or the results of a layer with a dtype policy, have in
   * Keras.
   */
  private static TensorType declaredType(String dtype) {
    // A policy of a quantized layer ends with the policy that it was made from.
    int origin = dtype.lastIndexOf("_from_");
    return switch (origin < 0 ? dtype : dtype.substring(origin + "_from_".length())) {
      case "float16", "mixed_float16" -> TensorType.FLOAT16;
      case "bfloat16", "mixed_bfloat16" -> TensorType.BFLOAT16;
      case "float64" -> TensorType.FLOAT64;
      default -> type(dtype);
    };
  }

  /** Notes the declared type of a layer's results; operations take it from their arguments. */
  private void declare(Config layer, Config config, List<Argument> args, Argument result) {
    if (isModel(layer)) {
      return;
    }
    String dtype = dtypeName(config, "");
    declared.set(
        values(result),
        dtype.isEmpty() ? declared.common(values(new Argument.OfList(args))) : declaredType(dtype));
  }

  private static List<Value> values(Argument argument) {
    return Argument.tensors(argument).stream().map(Argument.OfTensor::value).toList();
  }

  // Layers.

  /**
   * Lowers a call of a layer in a model.
   *
   * @param weights the scope of its weights
   * @return null if the layer is not supported, which has been noted
   */
  @Nullable Argument layer(
      Config layer,
      WeightStore.Scope weights,
      List<Argument> args,
      Map<String, Argument> kwargs,
      Emitter emitter) {
    Config config = layer.has("config") ? layer.object("config") : layer.withFields(Map.of());
    String name = config.string("name", layer.string("name", layer.string("class_name")));
    String className = layer.string("class_name");
    String outer = emitter.scope();
    emitter.setScope(outer.isEmpty() ? name : outer + "/" + name);
    int firstNode = emitter.graph().nodeCount();
    try {
      Argument result =
          rename(
              dispatch(layer, config, name, className, weights, args, kwargs, emitter),
              emitter,
              firstNode);
      if (emitter == emit && trainingNotes == null) {
        declare(layer, config, args, result);
      }
      return result;
    } catch (OperandException e) {
      if (!e.isUnsupported()) {
        throw new MalformedModelException(
            LayerCall.describe(emitter.scope(), className) + ": " + e.getMessage(), e);
      }
      note(emitter.scope(), className, String.valueOf(e.getMessage()), "");
      return null;
    } catch (ArithmeticException e) {
      // Lowerings compute sizes from the configuration's numbers; all else is their defect.
      if (!Emitter.isOverflow(e)) {
        throw e;
      }
      throw new MalformedModelException(
          LayerCall.describe(emitter.scope(), className)
              + ": a size that its configuration states overflows: "
              + e.getMessage(),
          e);
    } finally {
      record(emitter, className, firstNode);
      emitter.setScope(outer);
    }
  }

  private Argument dispatch(
      Config layer,
      Config config,
      String name,
      String className,
      WeightStore.Scope weights,
      List<Argument> args,
      Map<String, Argument> kwargs,
      Emitter emitter) {
    if (++nesting > MAX_NESTING) {
      throw OperandException.unsupported("models nested more than %d deep", MAX_NESTING);
    }
    try {
      if (isModel(layer)) {
        return nested(layer, config, weights, args, emitter);
      }
      if (trainingNotes != null) {
        trainingNotes.layer(LayerCall.describe(emitter.scope(), className), config, weights);
      }
      var call =
          new LayerCall(
              name,
              className,
              config,
              new LayerWeights(weights, LayerCall.describe(emitter.scope(), className)),
              args,
              kwargs,
              emitter,
              this);
      return lowering(layer, className).lower(call);
    } finally {
      nesting--;
    }
  }

  static boolean isModel(Config layer) {
    String className = layer.string("class_name");
    return className.equals("Sequential") || isFunctional(layer);
  }

  private Argument nested(
      Config layer,
      Config config,
      WeightStore.Scope weights,
      List<Argument> args,
      Emitter emitter) {
    if (emitter != emit) {
      throw OperandException.unsupported("a model within a recurrent loop");
    }
    Argument input = args.size() == 1 ? args.getFirst() : new Argument.OfList(args);
    Argument result =
        layer.string("class_name").equals("Sequential")
            ? new SequentialWalk(this, layer, weights).run(input)
            : new FunctionalWalk(this, config, weights).run(input);
    if (result == null) {
      throw new NestedUnsupported();
    }
    // Keras 2 lists the outputs of every model, but a call returns a single one by itself.
    return result instanceof Argument.OfList list && list.items().size() == 1
        ? list.items().getFirst()
        : result;
  }

  /** Thrown where a nested model has an unsupported layer, which has been noted. */
  private static final class NestedUnsupported extends RuntimeException {
    private static final long serialVersionUID = 1L;

    NestedUnsupported() {
      super("a nested model could not be lowered", null, false, false);
    }
  }

  @Nullable Argument layerOrNull(
      Config layer,
      WeightStore.Scope weights,
      List<Argument> args,
      Map<String, Argument> kwargs,
      Emitter emitter) {
    try {
      return layer(layer, weights, args, kwargs, emitter);
    } catch (NestedUnsupported e) {
      return null;
    }
  }

  /** Lowers a layer within another layer. */
  Argument part(
      LayerCall outer,
      Config layer,
      WeightStore.Scope weights,
      List<Argument> args,
      Map<String, Argument> kwargs) {
    Argument result = layerOrNull(layer, weights, args, kwargs, outer.emit());
    if (result == null) {
      throw new NestedUnsupported();
    }
    return result;
  }

  /** Returns whether a node is an operation of {@code keras.ops}, which has no dtype policy. */
  private static boolean isOperation(Config layer) {
    String module = layer.string("module", "");
    if (!module.isEmpty()) {
      return isOperationModule(module);
    }
    Config config = layer.has("config") ? layer.object("config") : layer;
    return !config.has("dtype")
        && !config.has("trainable")
        && !config.has("batch_shape")
        && KerasOperations.TABLE.get(layer.string("class_name")) != null;
  }

  static boolean isOperationModule(String module) {
    return module.contains(".ops") || module.startsWith("keras.src.activations");
  }

  private KerasTable.Lowering lowering(Config layer, String className) {
    KerasTable table = isOperation(layer) ? KerasOperations.TABLE : KerasLayers.TABLE;
    KerasTable.Lowering lowering = table.get(className);
    if (lowering != null) {
      return lowering;
    }
    String module = layer.string("module", "");
    String registered = layer.string("registered_name", "");
    if (table == KerasOperations.TABLE) {
      throw OperandException.unsupported(
          "Whittle has no lowering for keras.ops operation %s; express it with other operations",
          className);
    }
    if (module.startsWith("keras.src.applications") || registered.startsWith("keras_hub")) {
      throw OperandException.unsupported("a private layer of %s", module);
    }
    if (module.startsWith("keras.") || module.equals("keras")) {
      throw OperandException.unsupported(
          "a Keras layer that this version of Whittle does not know (module %s); the file may come"
              + " from a later Keras",
          module);
    }
    throw OperandException.unsupported(
        "a custom layer%s, whose Python code is not in the file; express it with built-in layers"
            + " or keras.ops, or export a SavedModel (model.export) and convert that",
        registered.isEmpty() ? "" : " (" + registered + ")");
  }

  void note(String name, String className, String reason, String remedy) {
    unsupported.add(
        new UnsupportedModelException.Item(LayerCall.describe(name, className), reason, remedy));
  }

  /** Gives the result of a layer the layer's name. */
  private static Argument rename(Argument result, Emitter emitter, int firstNode) {
    if (!(result instanceof Argument.OfTensor tensor) || emitter.graph().nodeCount() == firstNode) {
      return result;
    }
    int last = emitter.graph().nodeCount() - 1;
    for (int n = last; n >= firstNode; n--) {
      if (emitter.graph().node(n).outputs().equals(List.of(tensor.value().id()))) {
        Value renamed = emitter.graph().update(tensor.value().withName(emitter.scope()));
        return new Argument.OfTensor(renamed, tensor.mask());
      }
    }
    return result;
  }

  private void record(Emitter emitter, String className, int firstNode) {
    if (emitter != emit) {
      return;
    }
    List<String> operators = new ArrayList<>();
    for (int n = firstNode; n < emitter.graph().nodeCount(); n++) {
      operators.add(emitter.graph().node(n).op().type().name());
    }
    layers.add(new Imported.Layer(emitter.scope(), className, operators));
  }

  void noteIfUnknown(Config layer, String className) {
    Config config = layer.has("config") ? layer.object("config") : layer;
    try {
      lowering(layer, className);
      if (className.equals("Lambda")) {
        throw CoreLayers.refusedLambda();
      }
    } catch (OperandException e) {
      note(config.string("name", className), className, String.valueOf(e.getMessage()), "");
    }
  }
}
