package dev.whittle.runtime.plan;

import dev.whittle.ir.Graph;
import dev.whittle.ir.Model;
import dev.whittle.ir.Node;
import dev.whittle.ir.Operand;
import dev.whittle.ir.Operands;
import dev.whittle.ir.ShapeInference;
import dev.whittle.ir.kernel.Kernel;
import dev.whittle.ir.op.shape.Pad;
import dev.whittle.ir.op.shape.PadV2;
import dev.whittle.ir.tensor.OperandException;
import dev.whittle.ir.tensor.Tensor;
import dev.whittle.ir.tensor.TensorType;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/**
 * Finds rims of zeros that only one convolution reads: its windows may as well begin beyond the
 * border of the tensor without a rim, and nothing is copied.
 */
final class PaddingFolding {
  private final Graph graph;

  /** The nodes of the graph, of which some read the tensor without its rim. */
  private final List<Node> nodes;

  /** The kernels of those nodes. */
  private final @Nullable Kernel[] kernels;

  /** Nodes that need not run, as what reads their output does without. */
  private final boolean[] folded;

  private PaddingFolding(Graph graph) {
    this.graph = graph;
    this.nodes = new ArrayList<>(graph.nodes());
    this.kernels = new Kernel[nodes.size()];
    this.folded = new boolean[nodes.size()];
  }

  static PaddingFolding none(Graph graph) {
    return new PaddingFolding(graph);
  }

  /** What can be folded where the backend has kernels with rims. */
  static PaddingFolding of(
      Model model, Graph graph, ShapeInference.Inferred inferred, Backend backend) {
    var folding = new PaddingFolding(graph);
    var uses = new ValueUses(graph, n -> true);
    for (int n = 0; n < graph.nodes().size(); n++) {
      Node node = graph.nodes().get(n);
      int producer = uses.onlyFor(node);
      if (producer >= 0 && inferred.known().get(node.inputs().getFirst()) == null) {
        folding.fold(model, n, producer, inferred, backend);
      }
    }
    return folding;
  }

  private void fold(
      Model model, int n, int producer, ShapeInference.Inferred inferred, Backend backend) {
    Node pad = graph.nodes().get(producer);
    if (!(pad.op() instanceof Pad) && !(pad.op() instanceof PadV2)) {
      return;
    }
    Operands padded = ShapeInference.operands(model, graph, pad, inferred);
    long[] paddings = padded.knownIntegers(1);
    boolean variable = graph.value(pad.inputs().getFirst()).isVariable();
    if (paddings == null || paddings.length != 8 || variable || !isZero(padded)) {
      return;
    }
    if (paddings[0] != 0 || paddings[1] != 0 || paddings[6] != 0 || paddings[7] != 0) {
      return;
    }
    Node node = graph.nodes().get(n);
    Operands operands =
        ShapeInference.operands(model, graph, node, inferred).withInput(0, padded.input(0));
    Kernel kernel = kernel(n, operands, paddings, backend);
    if (kernel != null) {
      nodes.set(n, node.withInput(0, pad.inputs().getFirst()));
      kernels[n] = kernel;
      folded[producer] = true;
    }
  }

  private @Nullable Kernel kernel(int n, Operands operands, long[] paddings, Backend backend) {
    try {
      return backend.paddedKernel(
          graph.nodes().get(n).op(),
          operands,
          Math.toIntExact(paddings[2]),
          Math.toIntExact(paddings[4]));
    } catch (OutOfMemoryError e) {
      throw MemoryLimit.exhausted(graph.describe(n), GraphPlan.KERNEL_MEMORY, e);
    } catch (OperandException e) {
      // Planning the node as it is will say what is wrong with it, and where.
      return null;
    }
  }

  /** Whether a rim is what convolutions take for zero, at the same scale as the tensor. */
  private static boolean isZero(Operands padded) {
    Operand input = padded.input(0);
    boolean oneScale = Objects.equals(input.quantization(), padded.output(0).quantization());
    if (!padded.hasInput(2)) {
      return oneScale;
    }
    Tensor padding = padded.input(2).known();
    if (padding == null || padding.elements() != 1) {
      return false;
    }
    return input.isQuantized()
        ? oneScale && padding.getInteger(0) == input.requireQuantization().zeroPointValue()
        : padding.type() == TensorType.FLOAT32 && padding.getFloat(0) == 0;
  }

  /** The graph, in which convolutions read past what has been folded into them. */
  Graph graph() {
    return graph.withNodes(nodes);
  }

  /** The kernel of a convolution that a rim has been folded into; null for other nodes. */
  @Nullable Kernel kernel(int node) {
    return kernels[node];
  }

  boolean isFolded(int node) {
    return folded[node];
  }
}
