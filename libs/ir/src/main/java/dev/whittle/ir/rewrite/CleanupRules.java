package dev.whittle.ir.rewrite;

import dev.whittle.ir.Node;
import dev.whittle.ir.Operand;
import dev.whittle.ir.Value;
import dev.whittle.ir.op.Activation;
import dev.whittle.ir.op.math.Add;
import dev.whittle.ir.op.math.Mul;
import dev.whittle.ir.op.shape.Reshape;
import dev.whittle.ir.op.type.Dequantize;
import dev.whittle.ir.op.type.Quantize;
import dev.whittle.ir.tensor.Constant;
import dev.whittle.ir.tensor.OperandException;
import dev.whittle.ir.tensor.Tensor;
import dev.whittle.ir.tensor.TensorType;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** Rewrite rules that simplify any graph and preserve its results. */
public final class CleanupRules {
  public static final Rule DROP_UNUSED =
      new Rule(
          "drop-unused", "Removes nodes whose outputs are not read.", CleanupRules::dropUnused);

  public static final Rule FOLD_CONSTANTS =
      new Rule(
          "fold-constants",
          "Computes nodes whose inputs are constants.",
          CleanupRules::foldConstants);

  public static final Rule FOLD_ROUNDING =
      new Rule(
          "fold-rounding",
          "Computes a QUANTIZE and DEQUANTIZE of a constant.",
          CleanupRules::foldRounding);

  public static final Rule MERGE_RESHAPES =
      new Rule(
          "merge-reshapes", "Skips a reshape before another reshape.", CleanupRules::mergeReshapes);

  public static final Rule DROP_NEUTRAL =
      new Rule(
          "drop-neutral",
          "Removes a multiplication by one or an addition of zero.",
          CleanupRules::dropNeutral);

  /** All rules of this class, in the order in which they are tried. */
  public static final List<Rule> RULES =
      List.of(DROP_UNUSED, FOLD_ROUNDING, FOLD_CONSTANTS, MERGE_RESHAPES, DROP_NEUTRAL);

  private CleanupRules() {}

  private static boolean dropUnused(GraphEditor editor, int handle) {
    Node node = editor.node(handle);
    boolean used =
        node.outputs().stream()
            .anyMatch(id -> editor.isOutput(id) || !editor.consumers(id).isEmpty());
    if (used || !node.op().isPure() || !node.op().subgraphs().isEmpty()) {
      return false;
    }
    editor.remove(handle);
    return true;
  }

  private static boolean foldConstants(GraphEditor editor, int handle) {
    Node node = editor.node(handle);
    if (!node.op().isPure() || !node.op().subgraphs().isEmpty() || !readsConstants(editor, node)) {
      return false;
    }
    if (node.outputs().stream().anyMatch(id -> editor.value(id).isVariable())) {
      // The variable changes later and must be computed in each run.
      return false;
    }
    if (node.op() instanceof Quantize && isDequantized(editor, node.outputs().getFirst())) {
      // FOLD_ROUNDING computes both.
      return false;
    }
    List<Tensor> results;
    try {
      results = evaluate(editor, node);
    } catch (OperandException e) {
      // The node stays. Shape inference reports the problem with the node's name.
      return false;
    }
    if (results.isEmpty()) {
      return false;
    }
    editor.remove(handle);
    for (int i = 0; i < results.size(); i++) {
      Value value = editor.value(node.outputs().get(i));
      Tensor result = results.get(i);
      editor.update(
          value
              .withShape(result.shape())
              .withQuantization(result.quantization())
              .withData(Constant.of(result.data())));
    }
    return true;
  }

  private static boolean isDequantized(GraphEditor editor, int value) {
    return !editor.isOutput(value)
        && editor.consumers(value).stream()
            .allMatch(reader -> editor.node(reader).op() instanceof Dequantize);
  }

  /** Folds a DEQUANTIZE with the QUANTIZE of a constant before it, which is as large as both. */
  private static boolean foldRounding(GraphEditor editor, int handle) {
    Node node = editor.node(handle);
    Node before = editor.producer(node.inputs().isEmpty() ? Node.ABSENT : node.inputs().getFirst());
    if (!(node.op() instanceof Dequantize)
        || before == null
        || !(before.op() instanceof Quantize)
        || !readsConstants(editor, before)) {
      return false;
    }
    Value middle = editor.value(node.inputs().getFirst());
    Value output = editor.value(node.outputs().getFirst());
    try {
      List<Tensor> integers = evaluate(editor, before);
      if (integers.isEmpty()) {
        return false;
      }
      var known =
          new Operand(
              middle.name(),
              middle.type(),
              middle.shape(),
              middle.quantization(),
              integers.getFirst());
      Tensor floats =
          ConstantEvaluation.evaluate(
                  node.op(), List.of(known), List.of(Operand.of(output)), Long.MAX_VALUE / 2)
              .getFirst();
      editor.remove(handle);
      editor.update(
          output
              .withShape(floats.shape())
              .withQuantization(floats.quantization())
              .withData(Constant.of(floats.data())));
      return true;
    } catch (OperandException e) {
      // The node stays, and shape inference reports the problem.
      return false;
    }
  }

  private static boolean readsConstants(GraphEditor editor, Node node) {
    return !node.inputs().isEmpty()
        && node.inputs().stream()
            .allMatch(
                id ->
                    id == Node.ABSENT
                        || (editor.value(id).isConstant()
                            && editor.value(id).sparsity() == null
                            && !editor.value(id).isVariable()));
  }

  private static List<Tensor> evaluate(GraphEditor editor, Node node) {
    List<@Nullable Operand> inputs = new ArrayList<>();
    for (int id : node.inputs()) {
      inputs.add(id == Node.ABSENT ? null : Operand.of(editor.value(id)));
    }
    List<Operand> declared =
        node.outputs().stream().map(id -> Operand.of(editor.value(id))).toList();
    return ConstantEvaluation.evaluate(node.op(), inputs, declared);
  }

  private static boolean dropNeutral(GraphEditor editor, int handle) {
    Node node = editor.node(handle);
    float neutral;
    if (node.op() instanceof Mul mul && mul.activation() == Activation.NONE) {
      neutral = 1;
    } else if (node.op() instanceof Add add && add.activation() == Activation.NONE) {
      neutral = 0;
    } else {
      return false;
    }
    Value output = editor.value(node.outputs().getFirst());
    for (int i = 0; i < 2; i++) {
      Value kept = editor.value(node.inputs().get(i));
      Value other = editor.value(node.inputs().get(1 - i));
      if (isNumber(other, neutral)
          && kept.type() == TensorType.FLOAT32
          && !kept.isVariable()
          && kept.shape().isRankKnown()
          && kept.shape().equals(output.shape())
          && other.initialShape().rank() <= kept.shape().rank()) {
        editor.remove(handle);
        editor.replaceUses(output.id(), kept.id());
        return true;
      }
    }
    return false;
  }

  /** Returns whether a value is a float constant whose only element is {@code number}. */
  private static boolean isNumber(Value value, float number) {
    Tensor contents = value.type() == TensorType.FLOAT32 ? value.contents() : null;
    return contents != null && contents.elements() == 1 && contents.getFloat(0) == number;
  }

  private static boolean mergeReshapes(GraphEditor editor, int handle) {
    Node node = editor.node(handle);
    if (!(node.op() instanceof Reshape)) {
      return false;
    }
    Node before = editor.producer(node.inputs().getFirst());
    if (before == null || !(before.op() instanceof Reshape)) {
      return false;
    }
    List<Integer> inputs = new ArrayList<>(node.inputs());
    inputs.set(0, before.inputs().getFirst());
    editor.replace(handle, node.withOperands(inputs, node.outputs(), node.intermediates()));
    return true;
  }
}
