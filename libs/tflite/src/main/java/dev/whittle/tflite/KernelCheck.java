package dev.whittle.tflite;

import dev.whittle.ir.Graph;
import dev.whittle.ir.Model;
import dev.whittle.ir.ModelException;
import dev.whittle.ir.Node;
import dev.whittle.ir.Op;
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
  private static final Set<String> SELECTIONS = Set.of("SELECT", "SELECT_V2");

  /** Operators that abort the native process if they broadcast more than four dimensions. */
  private static final Set<String> SMALL_BROADCASTS =
      Set.of(
          "ATAN2",
          "EQUAL",
          "GREATER",
          "GREATER_EQUAL",
          "LESS",
          "LESS_EQUAL",
          "NOT_EQUAL",
          "SELECT_V2");

  private static final int MAX_BROADCAST_RANK = 4;

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
   * Returns the nodes of a graph that a runtime has no kernel for. Custom operators, which have
   * kernels of their own, are left out.
   */
  public static List<Missing> missing(Model model, int graphIndex, Target target) {
    Graph graph = model.graphs().get(graphIndex);
    ShapeInference.Inferred inferred = inferred(model, graphIndex);
    List<Missing> missing = new ArrayList<>();
    for (int n = 0; n < graph.nodes().size(); n++) {
      Node node = graph.nodes().get(n);
      if (node.op() instanceof CustomOp) {
        continue;
      }
      Operands operands = ShapeInference.operands(model, graph, node, inferred);
      Optional<String> reason =
          target == Target.WHITTLE
              ? ownRefusal(node.op(), operands)
              : nativeRefusal(node.op(), operands);
      if (reason.isPresent()) {
        missing.add(new Missing(graph.describe(n), reason.get()));
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

  /** Returns the reason why TensorFlow Lite's built-in kernels cannot run a node, if so. */
  public static Optional<String> nativeRefusal(Op op, Operands operands) {
    String name = op.type().name();
    if (name.equals("BITCAST")) {
      // Types of different sizes go with certain shapes only.
      return Optional.empty();
    }
    if (SELECTIONS.contains(name) && !operands.type(1).hasFixedSize()) {
      // The native kernels find that when they run.
      return Optional.of("%s of TensorFlow Lite takes no strings".formatted(name));
    }
    Optional<String> reason = NativeKernels.get().refusal(name, operands);
    return reason.isEmpty() && SMALL_BROADCASTS.contains(name) ? broadcast(name, operands) : reason;
  }

  private static Optional<String> broadcast(String name, Operands operands) {
    Shape out = operands.output(0).shape();
    if (out.isRankKnown() && out.rank() > MAX_BROADCAST_RANK) {
      for (int i = 0; i < operands.inputCount(); i++) {
        if (operands.hasInput(i) && !operands.shape(i).equals(out)) {
          return Optional.of(
              "%s of TensorFlow Lite broadcasts at most %d dimensions, not %d"
                  .formatted(name, MAX_BROADCAST_RANK, out.rank()));
        }
      }
    }
    return Optional.empty();
  }
}
