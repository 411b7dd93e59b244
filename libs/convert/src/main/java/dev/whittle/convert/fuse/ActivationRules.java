package dev.whittle.convert.fuse;

import dev.whittle.ir.Node;
import dev.whittle.ir.Op;
import dev.whittle.ir.op.Activation;
import dev.whittle.ir.op.activation.Relu;
import dev.whittle.ir.op.activation.Relu6;
import dev.whittle.ir.op.activation.ReluN1To1;
import dev.whittle.ir.rewrite.GraphEditor;
import dev.whittle.ir.rewrite.Rule;
import dev.whittle.ir.tensor.TensorType;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** Rules that fuse rectifiers into the operator before them. */
final class ActivationRules {
  static final Rule FUSE_ACTIVATION =
      new Rule(
          "fuse-activation",
          "Fuses a rectifier into the operator that computes its operand.",
          ActivationRules::fuse);

  static final List<Rule> RULES = List.of(FUSE_ACTIVATION);

  private ActivationRules() {}

  private static @Nullable Activation activation(Op op) {
    return switch (op) {
      case Relu _ -> Activation.RELU;
      case Relu6 _ -> Activation.RELU6;
      case ReluN1To1 _ -> Activation.RELU_N1_TO_1;
      default -> null;
    };
  }

  private static boolean fuse(GraphEditor editor, int handle) {
    Node node = editor.node(handle);
    Activation activation = activation(node.op());
    if (activation == null) {
      return false;
    }
    int operand = node.inputs().getFirst();
    int before = editor.producerHandle(operand);
    // Arithmetic on integers has no activations.
    if (before < 0
        || !editor.hasSingleUse(operand)
        || editor.value(operand).type() != TensorType.FLOAT32
        || editor.value(operand).isVariable()) {
      return false;
    }
    Node producer = editor.node(before);
    Op fused = Weighted.withActivation(producer.op(), activation);
    if (fused == null || producer.outputs().size() != 1) {
      return false;
    }
    editor.remove(handle);
    editor.replace(
        before,
        producer
            .withOp(fused)
            .withOperands(producer.inputs(), node.outputs(), producer.intermediates()));
    return true;
  }
}
