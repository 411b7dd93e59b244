package dev.whittle.runtime.plan;

import dev.whittle.ir.Graph;
import dev.whittle.ir.Node;
import dev.whittle.ir.kernel.Kernel;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** Finds kernels of two nodes that are better run as one, so that nothing is stored between. */
final class KernelFusion {
  private final Graph graph;
  private final boolean[] fused;

  private KernelFusion(Graph graph, boolean[] fused) {
    this.graph = graph;
    this.fused = fused;
  }

  static KernelFusion none(Graph graph) {
    return new KernelFusion(graph, new boolean[graph.nodes().size()]);
  }

  /**
   * Fuses what the backend can.
   *
   * @param kernels of the nodes that run; those of fused ones are replaced, by null where the node
   *     need not run any more
   */
  static KernelFusion of(Graph graph, @Nullable Kernel[] kernels, Backend backend) {
    List<Node> nodes = new ArrayList<>(graph.nodes());
    var uses = new ValueUses(graph, n -> kernels[n] != null);
    boolean[] fused = new boolean[kernels.length];
    for (int n = 0; n < kernels.length; n++) {
      for (int place = 0; place < Math.min(2, nodes.get(n).inputs().size()); place++) {
        Node node = nodes.get(n);
        int producer = uses.onlyFor(node, place);
        Kernel second = kernels[n];
        Kernel first = producer < 0 ? null : kernels[producer];
        if (first == null || second == null || readsVariable(graph, nodes.get(producer))) {
          continue;
        }
        int read = nodes.get(producer).inputs().getFirst();
        Kernel both;
        try {
          both =
              isGated(node, place, read)
                  ? backend.gatedKernel(first, second, place)
                  : place == 0 ? backend.fusedKernel(first, second) : null;
        } catch (OutOfMemoryError e) {
          throw MemoryLimit.exhausted(graph.describe(n), GraphPlan.KERNEL_MEMORY, e);
        }
        if (both != null) {
          nodes.set(n, node.withInput(place, read));
          kernels[n] = both;
          kernels[producer] = null;
          fused[producer] = true;
        }
      }
    }
    return new KernelFusion(graph.withNodes(nodes), fused);
  }

  /** Whether a node of two inputs reads a value beside the input at {@code place}. */
  private static boolean isGated(Node node, int place, int value) {
    return node.inputs().size() == 2 && node.inputs().get(1 - place) == value;
  }

  /** A variable may change before the second node runs. */
  private static boolean readsVariable(Graph graph, Node node) {
    return node.inputs().isEmpty() || graph.value(node.inputs().getFirst()).isVariable();
  }

  /** The graph, in which second nodes read what the first ones read. */
  Graph graph() {
    return graph;
  }

  /** Whether a node's work is done by the one that reads its output. */
  boolean isFused(int node) {
    return fused[node];
  }
}
