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
 * The folding of PAD nodes into the convolutions that alone read their outputs: the convolution
 * pads its input itself, and nothing is copied.
 */
final class PaddingFolding {
  private final Graph graph;

  /** The nodes of the graph, of which folded convolutions read unpadded inputs. */
  private final List<Node> nodes;

  /** The kernels of folded convolutions; null for other nodes. */
  private final @Nullable Kernel[] kernels;

  /** PAD nodes that need not run. */
  private final boolean[] folded;

  private PaddingFolding(Graph graph) {
    this.graph = graph;
    this.nodes = new ArrayList<>(graph.nodes());
    this.kernels = new Kernel[nodes.size()];
    this.folded = new boolean[nodes.size()];
  }

  /** Returns a folding of no nodes. */
  static PaddingFolding none(Graph graph) {
    return new PaddingFolding(graph);
  }

  /** Folds the nodes for which the backend has a kernel. */
  static PaddingFolding of(
      Model model, Graph graph, ShapeInference.Inferred inferred, Backend backend) {
    var folding = new PaddingFolding(graph);
    var uses = new ValueUses(graph, n -> true);
    for (int n = 0; n < graph.nodes().size(); n++) {
      Node node = graph.nodes().get(n);
      int producer = uses.soleProducer(node);
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
      // Planning the unfolded node reports the problem.
      return null;
    }
  }

  /** Returns whether padding is zero, or the zero point, at the scale of the padded tensor. */
  private static boolean isZero(Operands padded) {
    Operand input = padded.input(0);
    boolean oneScale = Objects.equals(input.quantization(), padded.output(0).quantization());
    if (!padded.hasInput(2)) {
      return oneScale;
    }
    Tensor value = padded.input(2).known();
    if (value == null || value.elements() != 1) {
      return false;
    }
    return input.isQuantized()
        ? oneScale && value.getInteger(0) == input.requireQuantization().zeroPointValue()
        : value.type() == TensorType.FLOAT32 && value.getFloat(0) == 0;
  }

  /** Returns the graph in which folded convolutions read unpadded inputs. */
  Graph graph() {
    return graph.withNodes(nodes);
  }

  /** Returns the kernel of a convolution that padding is folded into; null for other nodes. */
  @Nullable Kernel kernel(int node) {
    return kernels[node];
  }

  /** Returns whether a PAD node is folded into the convolution that reads its output. */
  boolean isFolded(int node) {
    return folded[node];
  }
}
