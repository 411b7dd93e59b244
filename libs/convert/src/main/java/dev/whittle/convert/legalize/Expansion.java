package dev.whittle.convert.legalize;

import dev.whittle.convert.lower.Emitter;
import dev.whittle.ir.GraphBuilder;
import dev.whittle.ir.Node;
import dev.whittle.ir.Operand;
import dev.whittle.ir.Operands;
import dev.whittle.ir.Value;
import dev.whittle.ir.rewrite.GraphEditor;
import dev.whittle.ir.tensor.OperandException;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.function.BiFunction;
import org.jspecify.annotations.Nullable;

/** The replacement of a node by nodes that an {@link Emitter} builds. */
final class Expansion {
  private Expansion() {}

  /** Computes the outputs of a node from its inputs, which are null where they are left out. */
  @FunctionalInterface
  interface Lowering extends BiFunction<Emitter, List<@Nullable Value>, List<Value>> {}

  /**
   * Returns an input that the operator requires.
   *
   * @throws OperandException if it is left out
   */
  static Value present(List<@Nullable Value> inputs, int index) {
    Value value = inputs.get(index);
    if (value == null) {
      throw OperandException.invalid("input %d is missing", index);
    }
    return value;
  }

  /** Returns the operands of a node of a graph that is being rewritten. */
  static Operands operands(GraphEditor editor, Node node) {
    List<@Nullable Operand> inputs = new ArrayList<>();
    for (int id : node.inputs()) {
      inputs.add(id == Node.ABSENT ? null : Operand.of(editor.value(id)));
    }
    return new Operands(
        inputs,
        node.outputs().stream().map(id -> Operand.of(editor.value(id))).toList(),
        Operands.SubgraphTypes.NONE);
  }

  /**
   * Replaces a node.
   *
   * @param lowering gives new values, one for each output of the node
   */
  static void replace(GraphEditor editor, int handle, Lowering lowering) {
    Node node = editor.node(handle);
    Emitter emit = Emitter.ofModelEvaluatingConstants();
    GraphBuilder fragment = emit.graph();
    emit.setScope(editor.value(node.outputs().getFirst()).name());
    Map<Integer, Integer> ids = new HashMap<>();
    List<@Nullable Value> operands = new ArrayList<>();
    for (int id : node.inputs()) {
      Value operand = id == Node.ABSENT ? null : fragment.value(editor.value(id));
      operands.add(operand);
      if (operand != null) {
        ids.put(operand.id(), id);
      }
    }
    List<Value> results = lowering.apply(emit, operands);
    for (Value value : fragment.build().values()) {
      if (!ids.containsKey(value.id())) {
        ids.put(value.id(), editor.add(value).id());
      }
    }
    for (int n = 0; n < fragment.nodeCount(); n++) {
      Node added = fragment.node(n);
      editor.insertBefore(
          handle,
          added.withOperands(
              mapped(added.inputs(), ids),
              mapped(added.outputs(), ids),
              mapped(added.intermediates(), ids)));
    }
    for (int i = 0; i < results.size(); i++) {
      Value old = editor.value(node.outputs().get(i));
      Value now = editor.value(ids.getOrDefault(results.get(i).id(), Node.ABSENT));
      editor.update(now.withName(old.name()).withShape(old.shape()));
      editor.replaceUses(old.id(), now.id());
    }
    editor.remove(handle);
  }

  private static List<Integer> mapped(List<Integer> fragment, Map<Integer, Integer> ids) {
    return fragment.stream()
        .map(id -> id == Node.ABSENT ? Integer.valueOf(Node.ABSENT) : ids.getOrDefault(id, id))
        .toList();
  }
}
