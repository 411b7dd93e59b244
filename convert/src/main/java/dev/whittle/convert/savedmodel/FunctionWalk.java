package dev.whittle.convert.savedmodel;

import dev.whittle.convert.lower.Emitter;
import dev.whittle.ir.MalformedModelException;
import dev.whittle.ir.OperandException;
import dev.whittle.ir.UnsupportedModelException;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Collections;
import java.util.Deque;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/** Lowers the operations of one graph or function that its results need, each once. */
final class FunctionWalk {
  private static final int MAX_NESTING = 50;

  /** The outputs of operations that have several by name; others have one, or a list. */
  private static final Map<String, List<String>> OUTPUTS =
      Map.of(
          "TopKV2", List.of("values", "indices"),
          "Unique", List.of("y", "idx"),
          "FusedBatchNorm",
              List.of("y", "batch_mean", "batch_variance", "reserve_space_1", "reserve_space_2"),
          "FusedBatchNormV2",
              List.of("y", "batch_mean", "batch_variance", "reserve_space_1", "reserve_space_2"),
          "FusedBatchNormV3",
              List.of(
                  "y",
                  "batch_mean",
                  "batch_variance",
                  "reserve_space_1",
                  "reserve_space_2",
                  "reserve_space_3"));

  /** Operations that are there for what they change, not for what they give. */
  private static final Set<String> CHANGES =
      Set.of(
          "AssignVariableOp",
          "AssignAddVariableOp",
          "AssignSubVariableOp",
          "ResourceScatterAdd",
          "ResourceScatterSub",
          "ResourceScatterUpdate",
          "ResourceScatterNdAdd",
          "ResourceScatterNdSub",
          "ResourceScatterNdUpdate",
          "ResourceStridedSliceAssign");

  private static final List<String> FUNCTIONS =
      List.of("f", "cond", "body", "then_branch", "else_branch");

  private final SavedModelImporter importer;
  private final TfFunction function;
  private final Emitter emit;
  private final int nesting;
  private final boolean trial;
  private final Map<String, List<Item>> results = new HashMap<>();

  /** A reference to a result of an operation. */
  private record Reference(String node, int index) {}

  FunctionWalk(SavedModelImporter importer, TfFunction function, Emitter emit, int nesting) {
    this(importer, function, emit, nesting, false);
  }

  private FunctionWalk(
      SavedModelImporter importer, TfFunction function, Emitter emit, int nesting, boolean trial) {
    if (nesting > MAX_NESTING) {
      throw OperandException.unsupported("functions nested more than %d deep", MAX_NESTING);
    }
    this.importer = importer;
    this.function = function;
    this.emit = emit;
    this.nesting = nesting;
    this.trial = trial;
  }

  /** Whether nodes are added only to learn about their shapes. */
  boolean isTrial() {
    return trial;
  }

  SavedModelImporter importer() {
    return importer;
  }

  /** States the result of an operation, or an argument, beforehand. */
  void give(String name, Item item) {
    results.put(name, List.of(item));
  }

  /** Calls a function of the library. */
  List<Item> call(String name, List<Item> arguments, Emitter emitter) {
    return call(name, arguments, emitter, trial);
  }

  /** Calls a function to learn about shapes; the emitter's graph is not used. */
  List<Item> tryCall(String name, List<Item> arguments, Emitter emitter) {
    return call(name, arguments, emitter, true);
  }

  private List<Item> call(String name, List<Item> arguments, Emitter emitter, boolean asTrial) {
    TfFunction called = importer.file().function(name);
    if (called == null) {
      throw new MalformedModelException("there is no function '" + name + "'");
    }
    FunctionWalk walk = enter(called, arguments, emitter, asTrial);
    List<Item> results = walk.run(called.results());
    walk.noteChanges();
    return results;
  }

  /** A walk over a function of the library that is called here. */
  FunctionWalk enter(TfFunction called, List<Item> arguments) {
    return enter(called, arguments, emit, trial);
  }

  private FunctionWalk enter(
      TfFunction called, List<Item> arguments, Emitter emitter, boolean asTrial) {
    if (arguments.size() != called.arguments().size()) {
      throw new MalformedModelException(
          "function '%s' takes %d arguments, not %d"
              .formatted(called.name(), called.arguments().size(), arguments.size()));
    }
    var walk = new FunctionWalk(importer, called, emitter, nesting + 1, asTrial);
    for (int i = 0; i < arguments.size(); i++) {
      walk.give(called.arguments().get(i), arguments.get(i));
    }
    return walk;
  }

  /** Tells the importer which variables the function changes. */
  private void noteChanges() {
    for (TfNode node : function.nodes().values()) {
      if (CHANGES.contains(node.op())
          && !node.inputs().isEmpty()
          && run(List.of(node.inputs().getFirst())).getFirst() instanceof Item.Variable variable) {
        importer.noteChange(variable.handle(), node);
      }
    }
  }

  /**
   * Notes every operation without a lowering that some references need, those in called functions
   * too, so that a user learns of all at once.
   */
  void scan(List<String> references, Set<String> scanned) {
    for (String name : order(references)) {
      TfNode node = node(name);
      if (Operations.TABLE.get(node.op()) == null) {
        importer.note(node, missing(node), true);
      }
      for (String attribute : FUNCTIONS) {
        String called = node.function(attribute);
        TfFunction body = importer.file().function(called);
        if (body != null && scanned.add(called)) {
          List<Item> unknown = Collections.nCopies(body.arguments().size(), new Item.Nothing());
          enter(body, unknown).scan(body.results(), scanned);
        }
      }
    }
  }

  private static String missing(TfNode node) {
    return "Whittle has no lowering for TensorFlow's operation " + node.op();
  }

  /** Lowers what some references need and gives what they refer to. */
  List<Item> run(List<String> references) {
    for (String name : order(references)) {
      if (!results.containsKey(name)) {
        results.put(name, lower(node(name)));
      }
    }
    return references.stream().map(this::item).toList();
  }

  private TfNode node(String name) {
    TfNode node = function.nodes().get(name);
    if (node == null) {
      throw new MalformedModelException(
          "%s: there is no operation '%s'".formatted(function.name(), name));
    }
    return node;
  }

  /** The operations that references need, each after what it reads. */
  private List<String> order(List<String> references) {
    List<String> order = new ArrayList<>();
    Set<String> done = new HashSet<>(results.keySet());
    Set<String> begun = new HashSet<>();
    Deque<String> open = new ArrayDeque<>();
    references.stream()
        .filter(r -> !TfNode.isControl(r))
        .forEach(r -> open.push(reference(r).node));
    while (!open.isEmpty()) {
      String name = open.peek();
      if (done.contains(name)) {
        open.pop();
        continue;
      }
      List<String> waiting = new ArrayList<>();
      for (String input : node(name).inputs()) {
        String needed = TfNode.isControl(input) ? name : reference(input).node;
        if (!needed.equals(name) && !done.contains(needed)) {
          waiting.add(needed);
        }
      }
      if (waiting.isEmpty()) {
        open.pop();
        done.add(name);
        order.add(name);
      } else if (!begun.add(name)) {
        throw new UnsupportedModelException(
            "operation '" + name + "'",
            "it depends on itself: a loop of TensorFlow 1",
            "save the model with TensorFlow 2, or with control flow version 2");
      } else {
        waiting.forEach(open::push);
      }
    }
    return order;
  }

  private Reference reference(String text) {
    String[] parts = text.split(":", -1);
    try {
      if (parts.length == 1) {
        return new Reference(parts[0], 0);
      }
      if (parts.length == 2) {
        boolean number = parts[1].chars().allMatch(Character::isDigit);
        return new Reference(parts[0], number ? Integer.parseInt(parts[1]) : 0);
      }
      TfNode node = function.nodes().get(parts[0]);
      List<String> names = node == null ? null : OUTPUTS.get(node.op());
      int first = names == null ? 0 : Math.max(0, names.indexOf(parts[1]));
      return new Reference(parts[0], first + Integer.parseInt(parts[2]));
    } catch (NumberFormatException e) {
      throw new MalformedModelException("a reference '" + text + "'", e);
    }
  }

  private Item item(String text) {
    Reference reference = reference(text);
    List<Item> all = results.get(reference.node);
    if (all == null || reference.index >= all.size()) {
      throw new MalformedModelException("%s: there is no '%s'".formatted(function.name(), text));
    }
    return all.get(reference.index);
  }

  private List<Item> lower(TfNode node) {
    List<Item> inputs = node.dataInputs().stream().map(this::item).toList();
    var call = new OperationCall(node, inputs, emit, this);
    String outer = emit.scope();
    emit.setScope(node.name());
    try {
      Operations.@Nullable Lowering lowering = Operations.TABLE.get(node.op());
      if (lowering == null) {
        throw OperandException.unsupported("%s", missing(node));
      }
      return lowering.lower(call);
    } catch (OperandException e) {
      importer.note(node, String.valueOf(e.getMessage()), e.isUnsupported());
      throw new SavedModelImporter.Stopped();
    } finally {
      emit.setScope(outer);
    }
  }
}
