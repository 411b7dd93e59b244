package dev.whittle.tflite;

import dev.whittle.ir.Graph;
import dev.whittle.ir.Model;
import dev.whittle.ir.ModelException;
import dev.whittle.ir.Node;
import dev.whittle.ir.Op;
import dev.whittle.ir.Operand;
import dev.whittle.ir.Operands;
import dev.whittle.ir.ShapeInference;
import dev.whittle.ir.Value;
import dev.whittle.ir.op.CustomOp;
import dev.whittle.ir.tensor.OperandException;
import dev.whittle.ir.tensor.Shape;
import dev.whittle.ir.tensor.Tensor;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/** The check that kernels exist for nodes: in Whittle's engines, and in TensorFlow Lite. */
public final class KernelCheck {
  /** Operators whose native kernels fail or abort beyond some number of dimensions. */
  private static final Set<String> RANKED =
      Set.of(
          "ADD",
          "ATAN2",
          "BATCH_MATMUL",
          "BITWISE_XOR",
          "DIV",
          "EQUAL",
          "FLOOR_DIV",
          "FLOOR_MOD",
          "GREATER",
          "GREATER_EQUAL",
          "L2_NORMALIZATION",
          "LESS",
          "LESS_EQUAL",
          "LOGICAL_AND",
          "LOGICAL_OR",
          "MAXIMUM",
          "MINIMUM",
          "MUL",
          "NOT_EQUAL",
          "PAD",
          "PADV2",
          "POW",
          "RIGHT_SHIFT",
          "SELECT_V2",
          "SLICE",
          "SQUARED_DIFFERENCE",
          "STRIDED_SLICE",
          "SUB",
          "TRANSPOSE");

  /** Runtimes that models are deployed to. */
  public enum Target {
    /** The engines fast and reference, which share the reference kernels. */
    WHITTLE,
    /** The built-in kernels of TensorFlow Lite {@value NativeKernels#VERSION}. */
    TENSORFLOW_LITE
  }

  /**
   * A node without a kernel.
   *
   * @param place the node, as {@link Graph#describe} names it
   */
  public record Missing(String place, String reason) {}

  private KernelCheck() {}

  /**
   * Returns the nodes of a graph that one of several runtimes has no kernel for, with the reason of
   * the first such runtime. Custom operators, which have kernels of their own, are left out.
   */
  public static List<Missing> missing(Model model, int graphIndex, Target... targets) {
    Graph graph = model.graphs().get(graphIndex);
    ShapeInference.Inferred inferred = inferred(model, graphIndex);
    List<Missing> missing = new ArrayList<>();
    for (int n = 0; n < graph.nodes().size(); n++) {
      Node node = graph.nodes().get(n);
      if (node.op() instanceof CustomOp) {
        continue;
      }
      Operands operands = ShapeInference.operands(model, graph, node, inferred);
      for (Target target : targets) {
        Optional<String> reason =
            target == Target.WHITTLE
                ? ownRefusal(node.op(), operands)
                : nativeRefusal(node.op(), operands);
        if (reason.isPresent()) {
          missing.add(new Missing(graph.describe(n), reason.get()));
          break;
        }
      }
    }
    return missing;
  }

  private static ShapeInference.Inferred inferred(Model model, int graphIndex) {
    Graph graph = model.graphs().get(graphIndex);
    try {
      return ShapeInference.infer(model, graphIndex);
    } catch (ModelException e) {
      List<@Nullable Tensor> unknown =
          new ArrayList<>(Collections.nCopies(graph.values().size(), null));
      return new ShapeInference.Inferred(
          graph.values().stream().map(Value::shape).toList(), unknown);
    }
  }

  /** Returns the reason why Whittle's engines or TensorFlow Lite cannot run a node, if so. */
  public static Optional<String> refusal(Op op, Operands operands) {
    Optional<String> own = ownRefusal(op, operands);
    return own.isPresent() ? own : nativeRefusal(op, operands);
  }

  /** Returns the reason why Whittle's engines cannot run a node; empty if they can. */
  public static Optional<String> ownRefusal(Op op, Operands operands) {
    try {
      op.kernel(operands);
      return Optional.empty();
    } catch (OperandException e) {
      return Optional.of(String.valueOf(e.getMessage()));
    }
  }

  /**
   * Returns the reason why Whittle's engines or TensorFlow Lite have no kernel for the types of a
   * node, if so. A kernel may still refuse the number of dimensions.
   */
  public static Optional<String> typeRefusal(Op op, Operands operands) {
    Optional<String> own = ownRefusal(op, operands);
    return own.isPresent() ? own : nativeTypeRefusal(op, operands);
  }

  /** Returns the reason why TensorFlow Lite's built-in kernels cannot run a node, if so. */
  public static Optional<String> nativeRefusal(Op op, Operands operands) {
    String name = op.type().name();
    Optional<String> types = nativeTypeRefusal(op, operands);
    return types.isPresent() || !RANKED.contains(name)
        ? types
        : NativeKernels.get().refusal(name, operands);
  }

  private static Optional<String> nativeTypeRefusal(Op op, Operands operands) {
    return NativeKernels.get().refusal(op.type().name(), withUnknownShapes(operands));
  }

  /** Leaves the types alone, since kernels were asked with shapes of few forms. */
  private static Operands withUnknownShapes(Operands operands) {
    List<@Nullable Operand> inputs = new ArrayList<>();
    for (int i = 0; i < operands.inputCount(); i++) {
      inputs.add(operands.hasInput(i) ? withUnknownShape(operands.input(i)) : null);
    }
    List<Operand> outputs = new ArrayList<>();
    for (int i = 0; i < operands.outputCount(); i++) {
      outputs.add(withUnknownShape(operands.output(i)));
    }
    return new Operands(inputs, outputs, Operands.SubgraphTypes.NONE);
  }

  private static Operand withUnknownShape(Operand operand) {
    return new Operand(operand.name(), operand.type(), Shape.UNKNOWN, operand.quantization(), null);
  }
}
