package dev.whittle.convert.savedmodel;

import dev.whittle.convert.lower.Emitter;
import dev.whittle.ir.MalformedModelException;
import dev.whittle.ir.UnsupportedModelException;
import dev.whittle.ir.tensor.OperandException;
import dev.whittle.ir.tensor.Shape;
import dev.whittle.ir.tensor.Tensor;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Collections;
import java.util.Deque;
import java.util.HashMap;
import java.util.HashSet;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.function.Predicate;
import org.jspecify.annotations.Nullable;

/** A traversal of a graph or function, which lowers each operation that its results need once. */
final class FunctionWalk {
  private static final int MAX_NESTING = 50;

  private final SavedModelImporter importer;
  private final TfFunction function;
  private final Emitter emit;
  private final int nesting;
  private final boolean trial;
  private final Map<String, List<Item>> results = new HashMap<>();

  /** Operations that read or change variables kept between calls, so that their order matters. */
  private final Set<String> ordered = new HashSet<>();

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

  /** Returns whether nodes are added to infer shapes only. */
  boolean isTrial() {
    return trial;
  }

  SavedModelImporter importer() {
    return importer;
  }

  /** Sets the result of an operation, or an argument, in advance. */
  void give(String name, Item item) {
    results.put(name, List.of(item));
  }

  /** Calls a function of the library. */
  List<Item> call(String name, List<Item> arguments, Emitter emitter) {
    return call(name, arguments, emitter, trial);
  }

  /** Calls a function to infer shapes; the emitter's graph is discarded. */
  List<Item> tryCall(String name, List<Item> arguments, Emitter emitter) {
    return call(name, arguments, emitter, true);
  }

  private List<Item> call(String name, List<Item> arguments, Emitter emitter, boolean asTrial) {
    TfFunction called = importer.file().function(name);
    if (called == null) {
      throw new MalformedModelException("there is no function '" + name + "'");
    }
    return enter(called, arguments, emitter, asTrial).runWhole(called.results());
  }

  /** Returns a traversal of a function of the library that is called here. */
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

  /** Lowers the operations that references need, and those that change kept variables. */
  List<Item> runWhole(List<String> references) {
    List<String> roots = new ArrayList<>(effects(references));
    roots.addAll(references);
    lowerAll(roots);
    return references.stream().map(this::item).toList();
  }

  /**
   * Returns the operations that change kept variables, or call functions that may, and notes every
   * change in the importer. A function executes all its operations, as in TensorFlow; the outermost
   * graph only those that the references need, by control inputs, too.
   */
  private List<String> effects(List<String> references) {
    Set<String> reached =
        nesting == 0 ? closure(references, name -> false) : function.nodes().keySet();
    List<String> effects = new ArrayList<>();
    for (String name : reached) {
      TfNode node = function.nodes().get(name);
      if (node == null) {
        continue;
      }
      if (callsWhatChanges(node) || (changes(node) && changesKept(node))) {
        effects.add(name);
      }
    }
    if (importer.hasKept()) {
      ordered.addAll(effects);
      for (TfNode node : function.nodes().values()) {
        if (reads(node)) {
          ordered.add(node.name());
        }
      }
    }
    return effects;
  }

  private boolean callsWhatChanges(TfNode node) {
    return node.functions().stream().anyMatch(importer::changes);
  }

  static boolean changes(TfNode node) {
    return TensorFlowVariableOperations.changes(node.op()) && !node.inputs().isEmpty();
  }

  private boolean changesKept(TfNode node) {
    if (run(List.of(node.input(0))).getFirst() instanceof Item.Variable variable) {
      importer.noteChange(variable.handle());
      return importer.isKept(variable.handle());
    }
    return false;
  }

  private boolean reads(TfNode node) {
    if (TensorFlowVariableOperations.READS.contains(node.op())) {
      return true;
    }
    // TensorFlow 1 reads variables by Identity.
    TfNode from =
        node.inputs().isEmpty() ? null : function.nodes().get(reference(node.input(0)).node);
    return node.op().equals("Identity") && from != null && from.op().startsWith("Variable");
  }

  /** Returns the operations reachable by data and control inputs, without passing stops. */
  private Set<String> closure(List<String> references, Predicate<String> stop) {
    Set<String> reached = new LinkedHashSet<>();
    Deque<String> open = new ArrayDeque<>();
    references.forEach(r -> open.push(operation(r)));
    while (!open.isEmpty()) {
      String name = open.pop();
      TfNode node = function.nodes().get(name);
      if (reached.add(name) && node != null && !stop.test(name)) {
        node.inputs().forEach(input -> open.push(operation(input)));
      }
    }
    return reached;
  }

  private String operation(String input) {
    return TfNode.isControl(input) ? input.substring(1) : reference(input).node;
  }

  /**
   * Notes all operations without a lowering that references need, also in called functions, so that
   * one error lists them all.
   */
  void scan(List<String> references, Set<String> scanned) {
    for (String name : order(references)) {
      TfNode node = node(name);
      if (!hasLowering(node) && !importer.allowsCustomOperators()) {
        importer.note(node, missing(node), true);
      }
      for (String called : node.functions()) {
        TfFunction body = importer.file().function(called);
        if (body != null && scanned.add(called)) {
          List<Item> unknown = Collections.nCopies(body.arguments().size(), new Item.Nothing());
          enter(body, unknown).scan(body.results(), scanned);
        }
      }
    }
  }

  /** Replaces a tensor by a constant if all its elements are known. */
  private Item settled(Item item) {
    if (!(item instanceof Item.Tensor tensor) || tensor.value().isConstant()) {
      return item;
    }
    List<@Nullable Long> known = tensor.known();
    Shape shape = tensor.value().shape();
    boolean isVector = shape.isRankKnown() && shape.rank() <= 1;
    if (known == null || !isVector || known.contains(null)) {
      return item;
    }
    int[] dims = shape.rank() == 0 ? new int[0] : new int[] {known.size()};
    var contents = Tensor.allocate(tensor.value().type(), dims);
    for (int i = 0; i < known.size(); i++) {
      Long one = known.get(i);
      contents.setInteger(i, one == null ? 0 : one);
    }
    return Item.of(emit.constant("known", contents));
  }

  private static boolean hasLowering(TfNode node) {
    return TensorFlowOperations.TABLE.get(node.op()) != null;
  }

  private List<Item> lower(TfNode node, List<Item> inputs) {
    if (hasLowering(node)) {
      return TensorFlowOperations.TABLE.lower(
          node, watched -> new OperationCall(watched, inputs, emit, this));
    }
    if (importer.allowsCustomOperators()) {
      return TensorFlowCustomOperations.keep(new OperationCall(node, inputs, emit, this));
    }
    throw OperandException.unsupported("%s", missing(node));
  }

  private static String missing(TfNode node) {
    return "Whittle has no lowering for TensorFlow's operation " + node.op();
  }

  /** Lowers the operations that references need, and returns the results. */
  List<Item> run(List<String> references) {
    lowerAll(references);
    return references.stream().map(this::item).toList();
  }

  private void lowerAll(List<String> references) {
    for (String name : order(references)) {
      if (!results.containsKey(name)) {
        results.put(name, lower(node(name)));
      }
    }
  }

  /** Returns the operation that computes a reference, behind identities; null for arguments. */
  @Nullable TfNode producer(String reference) {
    TfNode node = function.nodes().get(reference(reference).node);
    for (int hops = 0; node != null && node.op().equals("Identity"); hops++) {
      if (hops > function.nodes().size()) {
        throw new MalformedModelException(
            "%s: '%s' depends on itself".formatted(function.name(), node.name()));
      }
      node = function.nodes().get(reference(node.input(0)).node);
    }
    return node;
  }

  /** Returns the result of an operation that has been lowered. */
  Item lowered(String reference) {
    return item(reference);
  }

  /** Returns the known elements of a lowered vector of integers; null if none is known. */
  @Nullable List<@Nullable Long> known(String reference) {
    return item(reference) instanceof Item.Tensor tensor ? tensor.known() : null;
  }

  private TfNode node(String name) {
    TfNode node = function.nodes().get(name);
    if (node == null) {
      throw new MalformedModelException(
          "%s: there is no operation '%s'".formatted(function.name(), name));
    }
    return node;
  }

  /** Returns the operations that references need, each behind its inputs. */
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
      for (String needed : needs(node(name))) {
        if (!done.contains(needed)) {
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

  /**
   * Returns the operations that must precede another: its inputs and, of those reachable by its
   * control inputs, those that read or change kept variables.
   */
  private Set<String> needs(TfNode node) {
    Set<String> needs = new LinkedHashSet<>();
    for (String input : node.inputs()) {
      if (!TfNode.isControl(input)) {
        needs.add(reference(input).node);
      } else if (!ordered.isEmpty()) {
        for (String before : closure(List.of(input), ordered::contains)) {
          if (ordered.contains(before)) {
            needs.add(before);
          }
        }
      }
    }
    return needs;
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
      int first = node == null ? 0 : importer.file().firstOf(node, parts[1]);
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
    String outer = emit.scope();
    emit.setScope(node.name());
    try {
      int first = emit.graph().nodeCount();
      List<Item> given = lower(node, inputs);
      if (!trial && !node.op().endsWith("PartitionedCall")) {
        importer.record(node, emit, first);
      }
      return given.stream().map(this::settled).toList();
    } catch (ArithmeticException e) {
      // Lowerings compute sizes from numbers in the file; all else is a defect of a lowering.
      if (!Emitter.isOverflow(e)) {
        throw e;
      }
      throw new MalformedModelException(
          "operation '%s' (%s): a size overflows: %s"
              .formatted(node.name(), node.op(), e.getMessage()),
          e);
    } catch (OperandException e) {
      importer.note(node, String.valueOf(e.getMessage()), e.isUnsupported());
      throw new SavedModelImporter.Stopped();
    } finally {
      emit.setScope(outer);
    }
  }
}
