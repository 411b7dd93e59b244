package dev.whittle.convert.savedmodel;

import dev.whittle.convert.lower.Emitter;
import dev.whittle.convert.lower.HashTables;
import dev.whittle.convert.lower.Imported;
import dev.whittle.ir.Graph;
import dev.whittle.ir.GraphCheck;
import dev.whittle.ir.MalformedModelException;
import dev.whittle.ir.Model;
import dev.whittle.ir.Signature;
import dev.whittle.ir.UnsupportedModelException;
import dev.whittle.ir.Value;
import dev.whittle.ir.op.control.CallOnce;
import dev.whittle.ir.tensor.OperandException;
import dev.whittle.ir.tensor.Shape;
import dev.whittle.ir.tensor.Tensor;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Path;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Deque;
import java.util.HashMap;
import java.util.HashSet;
import java.util.IdentityHashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import org.jspecify.annotations.Nullable;

/** Lowers the signatures of a SavedModel, each to a graph. */
public final class SavedModelImporter {
  private static final String RANDOM =
      "it draws random numbers in each call, as layers that augment images do in training;"
          + " export the model without them, or its call with training=False";

  private static final String MISSING =
      "use operations of docs/tensorflow-operations.md, or keep it as a custom operator"
          + " (--allow_custom_ops), which the runtime has to implement";

  private static final int MAX_TRIALS = 10_000;

  private final SavedModelSource source;
  private final SavedModelFile file;
  private final List<Imported.Layer> operations = new ArrayList<>();
  private final Map<String, Shape> inputShapes;

  /** Variables that signatures read and change, which therefore are kept between calls. */
  private final Set<String> kept;

  private final Map<String, UnsupportedModelException.Item> unsupported = new LinkedHashMap<>();

  /** The keys of variables in the checkpoint, by the operation that creates the handle. */
  private final Map<String, String> keys = new HashMap<>();

  /** Variables that have been read and checked, by key. */
  private final Map<String, Tensor> contents = new HashMap<>();

  private final Map<String, HashTables.Contents> tables = new HashMap<>();

  /** The operands of lookups, by the graph and the number of their result. */
  private final IdentityHashMap<Emitter, Map<Integer, TensorFlowTableOperations.Found>> lookups =
      new IdentityHashMap<>();

  /** Variables that results depend on. */
  private final Set<String> read = new HashSet<>();

  /** Variables that functions change. */
  private final Set<String> changed = new TreeSet<>();

  /** The names of functions that change variables. */
  private final Set<String> changing;

  private @Nullable Emitter outermost;
  private int trials;

  private SavedModelImporter(
      SavedModelSource source,
      SavedModelFile file,
      Map<String, Shape> inputShapes,
      Set<String> kept) {
    this.source = source;
    this.file = file;
    this.inputShapes = inputShapes;
    this.kept = kept;
    this.changing = changing(file);
  }

  /** Thrown to end a traversal after an unsupported operation, which has been noted. */
  static final class Stopped extends RuntimeException {
    private static final long serialVersionUID = 1L;

    Stopped() {
      super("an operation could not be lowered", null, false, false);
    }
  }

  /**
   * Reads and lowers a SavedModel.
   *
   * @param inputShapes shapes of inputs by name, in place of those in the file
   * @throws MalformedModelException if the files are broken or contradict each other
   * @throws UnsupportedModelException naming operations that have no lowering
   * @throws IOException if the files cannot be read
   */
  public static Imported importModel(SavedModelSource source, Map<String, Shape> inputShapes)
      throws IOException {
    return importFile(
        source, inputShapes, () -> SavedModelFile.open(source.folder(), source.tags()));
  }

  /**
   * Reads and lowers a frozen graph of TensorFlow 1.
   *
   * @param inputShapes shapes of inputs by name, in place of those in the file
   * @throws MalformedModelException if the file is broken
   * @throws UnsupportedModelException naming operations that have no lowering, or variables
   * @throws IOException if the file cannot be read
   */
  public static Imported importFrozenGraph(FrozenGraph graph, Map<String, Shape> inputShapes)
      throws IOException {
    var source =
        new SavedModelSource(graph.file(), Set.of(), List.of(), graph.allowsCustomOperators());
    return importFile(source, inputShapes, () -> SavedModelFile.open(graph, inputShapes));
  }

  /** Opens the files of a model. */
  @FunctionalInterface
  private interface Opener {
    SavedModelFile open() throws IOException;
  }

  private static Imported importFile(
      SavedModelSource source, Map<String, Shape> inputShapes, Opener opener) throws IOException {
    Path folder = source.folder();
    try {
      SavedModelFile file = opener.open();
      Set<String> kept = new TreeSet<>();
      while (true) {
        var importer = new SavedModelImporter(source, file, inputShapes, kept);
        Model model = importer.importSignatures();
        // Changes of kept variables are lowered, too, and may read further variables.
        Set<String> more = new TreeSet<>(importer.changed);
        more.retainAll(importer.read);
        if (!kept.addAll(more)) {
          return new Imported(model, importer.operations);
        }
      }
    } catch (UncheckedIOException e) {
      throw e.getCause();
    } catch (OperandException e) {
      throw e.isUnsupported()
          ? new UnsupportedModelException(folder.toString(), String.valueOf(e.getMessage()), "")
          : new MalformedModelException(folder + ": " + e.getMessage(), e);
    }
  }

  SavedModelFile file() {
    return file;
  }

  boolean allowsCustomOperators() {
    return source.allowsCustomOperators();
  }

  /**
   * Counts the bodies of loops that are lowered to find shapes only. Nested loops multiply them.
   *
   * @throws OperandException if there are too many
   */
  void countTrial() {
    if (++trials > MAX_TRIALS) {
      throw OperandException.unsupported("loops nested too deeply");
    }
  }

  /** Returns whether an emitter builds a signature's graph, not a nested one. */
  boolean isOutermost(Emitter emit) {
    return emit == outermost;
  }

  /** Records the operators of an operation for the report. */
  void record(TfNode node, Emitter emit, int firstNode) {
    List<String> operators = new ArrayList<>();
    for (int n = firstNode; n < emit.graph().nodeCount(); n++) {
      operators.add(emit.graph().node(n).op().type().name());
    }
    if (!operators.isEmpty()) {
      operations.add(new Imported.Layer(node.name(), node.op(), operators));
    }
  }

  void note(TfNode node, String reason, boolean isUnsupported) {
    if (!isUnsupported) {
      throw new MalformedModelException(
          "operation '%s' (%s): %s".formatted(node.name(), node.op(), reason));
    }
    unsupported.putIfAbsent(
        node.name(),
        new UnsupportedModelException.Item(
            "operation '%s' (%s)".formatted(node.name(), node.op()),
            reason,
            TensorFlowOperations.TABLE.get(node.op()) == null ? remedy(node.op()) : ""));
  }

  private static Value whole(String output, Item.ComplexTensor complex) {
    if (complex.whole() == null) {
      throw new UnsupportedModelException(
          "output '" + output + "'",
          "computed complex numbers, which no operator of TensorFlow Lite composes",
          "return their real and imaginary parts (tf.math.real, tf.math.imag)");
    }
    return complex.whole();
  }

  private static String remedy(String operation) {
    return operation.startsWith("StatelessRandom") ? RANDOM : MISSING;
  }

  private Model importSignatures() {
    List<String> wanted = source.signatureKeys();
    Map<String, Proto> known = new TreeMap<>(file.signatures());
    if (known.isEmpty()) {
      throw new UnsupportedModelException(
          file.folder().toString(),
          "it has no signatures, so its inputs and outputs are unknown",
          "save it with signatures, or call it once before saving");
    }
    List<String> chosen = new ArrayList<>(wanted.isEmpty() ? known.keySet() : wanted);
    for (String key : chosen) {
      if (!known.containsKey(key)) {
        throw new UnsupportedModelException(
            "signature '" + key + "'",
            "there is no such signature",
            "its signatures are " + known.keySet());
      }
    }
    // Keras exports one function under two names.
    if (wanted.isEmpty() && chosen.remove("serving_default")) {
      chosen.addFirst("serving_default");
      chosen.remove("serve");
    }
    restoreVariables();
    readTables();
    Emitter main = Emitter.ofModelEvaluatingConstants();
    int initialization = 0;
    if (hasKept()) {
      Emitter.Branch branch = main.branch("initialize");
      TensorFlowVariableOperations.initialize(branch.emitter(), this, kept);
      initialization = branch.index();
    }
    List<Signature> signatures = new ArrayList<>();
    for (int i = 0; i < chosen.size(); i++) {
      String key = chosen.get(i);
      Emitter emit = main;
      int index = 0;
      if (i > 0) {
        Emitter.Branch branch = main.branch(key);
        emit = branch.emitter();
        index = branch.index();
      }
      if (hasKept()) {
        emit.graph().nodesAsDeclared(List.of(), new CallOnce(initialization));
      }
      Signature signature =
          importSignature(key, Objects.requireNonNull(known.get(key)), emit, index);
      if (signature != null) {
        signatures.add(signature);
      }
    }
    if (!unsupported.isEmpty()) {
      throw new UnsupportedModelException(List.copyOf(unsupported.values()));
    }
    List<Graph> graphs = main.buildGraphs();
    var model = new Model("Whittle", graphs, signatures, List.of());
    GraphCheck.check(model);
    return model;
  }

  private @Nullable Signature importSignature(
      String key, Proto signature, Emitter emit, int index) {
    outermost = emit;
    var walk = new FunctionWalk(this, file.main(), emit, 0);
    List<Signature.Port> inputs = new ArrayList<>();
    file.ports(signature.map(1))
        .forEach(
            (name, info) -> {
              String tensor = info.text(1);
              Shape shape = inputShapes.getOrDefault(name, DataTypes.shape(info.message(3)));
              Value input = emit.input(tensor, DataTypes.declared(info.integer(2)), shape);
              Value computed = emit.cast(input, DataTypes.type(info.integer(2)));
              walk.give(TfNode.nameOf(tensor), Item.of(computed));
              inputs.add(new Signature.Port(name, input.id()));
            });
    Map<String, Proto> outputs = file.ports(signature.map(2));
    List<String> references = outputs.values().stream().map(info -> info.text(1)).toList();
    walk.scan(references, new HashSet<>());
    if (!unsupported.isEmpty()) {
      return null;
    }
    List<Item> results;
    try {
      results = walk.runWhole(references);
    } catch (Stopped e) {
      return null;
    }
    List<Signature.Port> ports = new ArrayList<>();
    List<Value> values = new ArrayList<>();
    int i = 0;
    for (Map.Entry<String, Proto> output : outputs.entrySet()) {
      Item result = results.get(i++);
      if (result instanceof Item.ComplexTensor complex) {
        result = Item.of(whole(output.getKey(), complex));
      }
      if (!(result instanceof Item.Tensor tensor)) {
        throw new MalformedModelException("output '" + output.getKey() + "' is not a tensor");
      }
      long type = output.getValue().integer(2);
      // Frozen graphs do not state the types of outputs.
      Value value =
          type == 0 ? tensor.value() : emit.cast(tensor.value(), DataTypes.declared(type));
      if (value.isConstant() || values.contains(value) || isInput(inputs, value)) {
        value = emit.copy(value);
      }
      Value named = emit.graph().update(value.withName(output.getValue().text(1)));
      values.add(named);
      ports.add(new Signature.Port(output.getKey(), named.id()));
    }
    emit.graph().output(values.toArray(new Value[0]));
    return new Signature(key, index, inputs, ports);
  }

  private static boolean isInput(List<Signature.Port> inputs, Value value) {
    return inputs.stream().anyMatch(p -> p.value() == value.id());
  }

  // Variables.

  /** Finds the checkpoint keys that the restore operation assigns to variables. */
  private void restoreVariables() {
    String name = TfNode.nameOf(file.restore());
    if (name.isEmpty() || file.checkpoint() == null) {
      return;
    }
    Emitter scratch = Emitter.ofModelEvaluatingConstants();
    TfNode restore = file.main().nodes().get(name);
    if (restore == null) {
      throw new MalformedModelException("there is no operation '" + name + "' to restore with");
    }
    try {
      var walk = new FunctionWalk(this, file.main(), scratch, 0);
      walk.give(file.checkpointName(), new Item.Nothing());
      TfFunction function = file.function(restore.function("f"));
      if (function == null) {
        assign(walk, file.main());
      } else {
        assign(walk.enter(function, walk.run(restore.dataInputs())), function);
      }
    } catch (Stopped e) {
      throw new UnsupportedModelException(List.copyOf(unsupported.values()));
    }
  }

  private void assign(FunctionWalk walk, TfFunction function) {
    for (TfNode node : function.nodes().values()) {
      if (node.op().equals("LookupTableImportV2") && isRestored(function, node)) {
        restoreTable(walk.run(node.dataInputs()));
      }
      boolean assigns = node.op().equals("AssignVariableOp") || node.op().equals("Assign");
      if (assigns && isRestored(function, node)) {
        List<Item> operands = walk.run(List.of(node.input(0), node.input(1)));
        if (operands.get(0) instanceof Item.Variable variable
            && operands.get(1) instanceof Item.Restored restored) {
          keys.put(variable.handle(), restored.key());
        }
      }
    }
  }

  /** Fills a table, which {@code adapt()} or insertions changed, from the checkpoint. */
  private void restoreTable(List<Item> operands) {
    if (operands.size() == 3
        && operands.get(0) instanceof Item.Table table
        && operands.get(1) instanceof Item.Restored tableKeys
        && operands.get(2) instanceof Item.Restored values) {
      tables.put(table.handle(), contents(tableKeys.key(), values.key()));
    }
  }

  private HashTables.Contents contents(String keysKey, String valuesKey) {
    Tensor tableKeys = read(keysKey);
    Tensor values = read(valuesKey);
    if (tableKeys.rank() != 1 || !Arrays.equals(tableKeys.dims(), values.dims())) {
      throw OperandException.unsupported(
          "a table of keys %s and values %s; expected one axis", tableKeys.shape(), values.shape());
    }
    return new HashTables.Contents(tableKeys, values);
  }

  /** Returns whether a node assigns a tensor of a checkpoint, unchanged. */
  private static boolean isRestored(TfFunction function, TfNode assignment) {
    String at = TfNode.nameOf(assignment.input(1));
    for (int i = 0; i < 10; i++) {
      TfNode node = function.nodes().get(at);
      if (node == null || node.inputs().isEmpty()) {
        return false;
      }
      if (node.op().equals("RestoreV2")) {
        return true;
      }
      if (!node.op().equals("Identity")) {
        return false;
      }
      at = TfNode.nameOf(node.input(0));
    }
    return false;
  }

  private void readTables() {
    try {
      new TableReader(this, tables).run();
    } catch (Stopped e) {
      throw new UnsupportedModelException(List.copyOf(unsupported.values()));
    }
  }

  /** Returns the contents of a lookup table. */
  HashTables.Contents table(String handle) {
    HashTables.Contents contents = tables.get(handle);
    if (contents == null) {
      String tableKeys = objectKey(handle, "table-keys");
      if (tableKeys.isEmpty()) {
        throw OperandException.unsupported("the lookup table '%s', which nothing fills", handle);
      }
      contents = contents(tableKeys, objectKey(handle, "table-values"));
      tables.put(handle, contents);
    }
    return contents;
  }

  private String objectKey(String handle, String attribute) {
    try {
      return file.objectKey(handle, attribute);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  /** Notes the operands of a lookup in a table, by its result. */
  void note(Emitter emit, Value result, TensorFlowTableOperations.Found operands) {
    lookups.computeIfAbsent(emit, e -> new HashMap<>()).put(result.id(), operands);
  }

  /** Returns the operands of the lookup with a result; null for other values. */
  TensorFlowTableOperations.@Nullable Found found(Emitter emit, Value result) {
    Map<Integer, TensorFlowTableOperations.Found> known = lookups.get(emit);
    return known == null ? null : known.get(result.id());
  }

  /** Notes that a signature changes a variable. */
  void noteChange(String handle) {
    changed.add(handle);
  }

  boolean isKept(String handle) {
    return kept.contains(handle);
  }

  boolean hasKept() {
    return !kept.isEmpty();
  }

  /** Returns whether a function, or one that it calls, changes variables. */
  boolean changes(String name) {
    return changing.contains(name);
  }

  /** Finds the functions that change variables, from those that assign to their callers. */
  private static Set<String> changing(SavedModelFile file) {
    Map<String, List<String>> callers = new HashMap<>();
    Deque<String> open = new ArrayDeque<>();
    for (TfFunction function : file.functions()) {
      for (TfNode node : function.nodes().values()) {
        if (FunctionWalk.changes(node)) {
          open.push(function.name());
        }
        for (String called : node.functions()) {
          callers.computeIfAbsent(called, k -> new ArrayList<>()).add(function.name());
        }
      }
    }
    Set<String> changing = new HashSet<>();
    while (!open.isEmpty()) {
      String name = open.pop();
      if (changing.add(name)) {
        callers.getOrDefault(name, List.of()).forEach(open::push);
      }
    }
    return changing;
  }

  /** Returns the declared shape of a variable, or else that of its initial contents. */
  Shape declaredShape(String handle, Tensor initial) {
    TfNode node = file.main().nodes().get(handle);
    Proto stated = node == null ? null : node.attributes().get("shape");
    Shape shape = stated == null ? initial.shape() : DataTypes.shape(stated.message(7));
    return shape.isRankKnown() ? shape : initial.shape();
  }

  /** Returns the contents of a variable in the checkpoint. */
  Tensor variable(String handle) {
    read.add(handle);
    String key = keys.get(handle);
    if (key == null) {
      key = objectKey(handle, "VARIABLE_VALUE");
      keys.put(handle, key);
    }
    if (key.isEmpty()) {
      throw OperandException.unsupported(
          "the variable '%s', which nothing restores from the checkpoint; save the model with"
              + " model.export (Keras) or tf.saved_model.save of a module that owns its variables",
          handle);
    }
    return read(key);
  }

  /** Returns a tensor of the checkpoint. */
  private Tensor read(String key) {
    TensorBundle checkpoint = file.checkpoint();
    if (checkpoint == null) {
      throw OperandException.unsupported("the variable '%s' of a missing checkpoint", key);
    }
    return contents.computeIfAbsent(
        key,
        k -> {
          try {
            return checkpoint.tensor(k);
          } catch (IOException e) {
            throw new UncheckedIOException(e);
          }
        });
  }
}
