package dev.whittle.optimize.quantize;

import dev.whittle.ir.Model;
import dev.whittle.ir.Node;
import dev.whittle.ir.Operand;
import dev.whittle.ir.QuantizationRule;
import dev.whittle.ir.Value;
import dev.whittle.ir.op.type.Dequantize;
import dev.whittle.ir.op.type.FakeQuant;
import dev.whittle.ir.op.type.Quantize;
import dev.whittle.ir.rewrite.CleanupRules;
import dev.whittle.ir.rewrite.ConstantEvaluation;
import dev.whittle.ir.rewrite.GraphEditor;
import dev.whittle.ir.rewrite.Rewriter;
import dev.whittle.ir.rewrite.Rule;
import dev.whittle.ir.tensor.Constant;
import dev.whittle.ir.tensor.OperandException;
import dev.whittle.ir.tensor.Quantization;
import dev.whittle.ir.tensor.Tensor;
import dev.whittle.ir.tensor.TensorType;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * Weights that a model stores in 4, 8 or 16 bits: before a DEQUANTIZE, or as operands of hybrid
 * kernels. They become float constants that state the parameters of the integers, so that another
 * quantization of the model stores the same integers again.
 */
final class StoredWeights {
  private static final Rule DEQUANTIZE =
      new Rule(
          "read-stored-weights",
          "Computes a DEQUANTIZE of a constant.",
          StoredWeights::foldDequantize);

  private static final Rule HYBRID =
      new Rule(
          "read-hybrid-weights",
          "Replaces the integer weights of an operator on floats by floats.",
          StoredWeights::foldHybrid);

  private static final Rule LAYOUT =
      new Rule(
          "move-stored-weights",
          "Computes the operators between a constant and the operator that reads it.",
          (editor, handle) ->
              !(editor.node(handle).op() instanceof Dequantize)
                  && CleanupRules.FOLD_CONSTANTS.body().apply(editor, handle));

  private StoredWeights() {}

  /** Returns the model with floats in place of stored integers. */
  static Model read(Model model) {
    boolean any =
        model.graphs().stream()
            .anyMatch(
                g ->
                    g.nodes().stream()
                        .anyMatch(
                            n ->
                                n.op() instanceof FakeQuant
                                    || n.op() instanceof Quantize
                                    || n.op() instanceof Dequantize
                                    || n.inputs().stream()
                                        .anyMatch(id -> isStored(id, g.values()))));
    return any
        ? Rewriter.rewrite(model, List.of(CleanupRules.FOLD_ROUNDING, DEQUANTIZE, HYBRID, LAYOUT))
            .model()
        : model;
  }

  private static boolean isStored(int id, List<Value> values) {
    return id != Node.ABSENT && isStored(values.get(id));
  }

  private static boolean isStored(Value value) {
    Quantization parameters = value.quantization();
    return value.contents() != null
        && !value.isVariable()
        && (value.type() == TensorType.INT8 || value.type() == TensorType.INT4)
        && parameters != null
        && parameters.isQuantized()
        && parameters.details() == null;
  }

  private static boolean foldDequantize(GraphEditor editor, int handle) {
    Node node = editor.node(handle);
    if (!(node.op() instanceof Dequantize)) {
      return false;
    }
    Value input = editor.value(node.inputs().getFirst());
    Value output = editor.value(node.outputs().getFirst());
    Tensor floats =
        input.isVariable() || input.contents() == null ? null : dequantized(input, output);
    if (floats == null) {
      return false;
    }
    editor.remove(handle);
    editor.update(
        output
            .withShape(floats.shape())
            .withQuantization(floats.quantization())
            .withData(Constant.of(floats.data())));
    return true;
  }

  private static @Nullable Tensor dequantized(Value stored, Value floats) {
    try {
      List<Tensor> all =
          ConstantEvaluation.evaluate(
              new Dequantize(),
              List.of(Operand.of(stored)),
              List.of(Operand.of(floats)),
              Long.MAX_VALUE / 2);
      return all.isEmpty() ? null : all.getFirst();
    } catch (OperandException e) {
      // The operator stays as it is, and the report says that it has no constant weights.
      return null;
    }
  }

  private static boolean foldHybrid(GraphEditor editor, int handle) {
    Node node = editor.node(handle);
    QuantizationRule rule = node.op().quantizationRule();
    Set<Integer> indices = new HashSet<>(rule.stored());
    if (rule.weights() >= 0) {
      indices.add(rule.weights());
    }
    boolean floats =
        node.outputs().stream().allMatch(id -> editor.value(id).type() == TensorType.FLOAT32)
            && !(node.op() instanceof Dequantize);
    if (!floats || indices.isEmpty()) {
      return false;
    }
    List<Integer> inputs = new ArrayList<>(node.inputs());
    for (int index : indices) {
      if (index < inputs.size() && inputs.get(index) != Node.ABSENT) {
        Value stored = editor.value(inputs.get(index));
        Value declared = stored.withType(TensorType.FLOAT32).withQuantization(null).withData(null);
        Tensor weights = isStored(stored) ? dequantized(stored, declared) : null;
        if (weights != null) {
          Value added =
              declared
                  .withQuantization(weights.quantization())
                  .withData(Constant.of(weights.data()));
          inputs.set(index, editor.add(added).id());
        }
      }
    }
    if (inputs.equals(node.inputs())) {
      return false;
    }
    editor.replace(
        handle,
        new Node(
            node.op(),
            0,
            inputs,
            node.outputs(),
            node.intermediates(),
            node.mutatingVariableInputs(),
            node.debugMetadataIndex()));
    return true;
  }
}
