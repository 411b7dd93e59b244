package dev.whittle.runtime.plan;

import dev.whittle.ir.Graph;
import dev.whittle.ir.Node;
import dev.whittle.ir.kernel.Kernel;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** The fusion of two nodes in one kernel, so that no intermediate value is stored. */
final class KernelFusion {
  private final Graph graph;
  private final boolean[] fused;

  private KernelFusion(Graph graph, boolean[] fused) {
    this.graph = graph;
    this.fused = fused;
  }

  /** Returns a fusion of no nodes. */
  static KernelFusion none(Graph graph) {
    return new KernelFusion(graph, new boolean[graph.nodes().size()]);
  }

  /**
   * Fuses the nodes for which the backend has a kernel.
   *
   * @param kernels the kernel of each node, or null; the second node of two gets the fused kernel,
   *     and the first one null
   */
  static KernelFusion of(Graph graph, @Nullable Kernel[] kernels, Backend backend) {
    List<Node> nodes = new ArrayList<>(graph.nodes());
    var uses = new ValueUses(graph, n -> kernels[n] != null);
    boolean[] fused = new boolean[kernels.length];
    for (int n = 0; n < kernels.length; n++) {
      for (int input = 0; input < Math.min(2, nodes.get(n).inputs().size()); input++) {
        Node node = nodes.get(n);
        int producer = uses.soleProducer(node, input);
        Kernel second = kernels[n];
        Kernel first = producer < 0 ? null : kernels[producer];
        if (first == null || second == null || readsVariable(graph, nodes.get(producer))) {
          continue;
        }
        int read = nodes.get(producer).inputs().getFirst();
        Kernel both;
        try {
          both =
              isGated(node, input, read)
                  ? backend.gatedKernel(first, second, input)
                  : input == 0 ? backend.fusedKernel(first, second) : null;
        } catch (OutOfMemoryError e) {
          throw MemoryLimit.exhausted(graph.describe(n), GraphPlan.KERNEL_MEMORY, e);
        }
        if (both != null) {
          nodes.set(n, node.withInput(input, read));
          kernels[n] = both;
          kernels[producer] = null;
          fused[producer] = true;
        }
      }
    }
    return new KernelFusion(graph.withNodes(nodes), fused);
  }

  /**
   * Returns whether a node has two inputs, of which the one that is not {@code gate} is a value.
   */
  private static boolean isGated(Node node, int gate, int value) {
    return node.inputs().size() == 2 && node.inputs().get(1 - gate) == value;
  }

  /** Returns whether a node reads a variable, which may change before the second node runs. */
  private static boolean readsVariable(Graph graph, Node node) {
    return node.inputs().isEmpty() || graph.value(node.inputs().getFirst()).isVariable();
  }

  /** Returns the graph in which fused nodes read the inputs of the nodes fused into them. */
  Graph graph() {
    return graph;
  }

  /** Returns whether a node is fused into the one that reads its output. */
  boolean isFused(int node) {
    return fused[node];
  }
}
