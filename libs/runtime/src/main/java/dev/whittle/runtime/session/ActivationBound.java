package dev.whittle.runtime.session;

import dev.whittle.ir.Graph;
import dev.whittle.ir.Model;
import dev.whittle.ir.ModelException;
import dev.whittle.ir.Node;
import dev.whittle.ir.ShapeInference;
import dev.whittle.ir.UnsupportedModelException;
import dev.whittle.ir.Value;
import dev.whittle.ir.tensor.Shape;
import java.util.Arrays;
import java.util.List;

/**
 * The memory that the activations of a graph need at least, however an engine lays them out: the
 * largest sum of the values that are live at one node. A result of the size of an operand may lie
 * in the operand's memory. Values of unknown size, strings and nested graphs are not counted.
 */
public final class ActivationBound {
  private ActivationBound() {}

  /**
   * Checks that a graph's activations may fit.
   *
   * @param inputShapes the present shapes of the graph's inputs
   * @param limit the maximum size of the activations in bytes
   * @throws UnsupportedModelException if they need more
   */
  public static void require(Model model, int graph, List<Shape> inputShapes, long limit) {
    long bound = of(model, graph, inputShapes);
    if (bound > limit) {
      throw new UnsupportedModelException(
          "graph '" + model.graphs().get(graph).name() + "'",
          "needs at least %,d bytes of memory for activations; the limit is %,d"
              .formatted(bound, limit),
          "raise the limit (maxMemory, --max_memory) if the machine has it");
    }
  }

  /**
   * Returns the bound in bytes; 0 if shapes cannot be inferred.
   *
   * @param inputShapes the present shapes of the graph's inputs
   */
  static long of(Model model, int index, List<Shape> inputShapes) {
    Graph graph = model.graphs().get(index);
    long[] bytes;
    try {
      bytes = sizes(graph, ShapeInference.infer(model, index, inputShapes));
    } catch (ModelException e) {
      // The engine may know operators that have no shape inference here.
      return 0;
    }
    int[] lastUse = lastUses(graph);
    long live = 0;
    for (int id : graph.inputs()) {
      live = saturatedSum(live, bytes[id]);
    }
    long most = live;
    for (int n = 0; n < graph.nodes().size(); n++) {
      Node node = graph.nodes().get(n);
      long atNode = live;
      for (int id : node.outputs()) {
        live = saturatedSum(live, bytes[id]);
        boolean mayOverwrite =
            node.inputs().stream().anyMatch(i -> i != Node.ABSENT && bytes[i] == bytes[id]);
        atNode = saturatedSum(atNode, mayOverwrite ? 0 : bytes[id]);
      }
      most = Math.max(most, atNode);
      for (int id : node.inputs().stream().distinct().toList()) {
        if (id != Node.ABSENT && lastUse[id] == n) {
          live -= bytes[id];
        }
      }
      for (int id : node.outputs()) {
        live -= lastUse[id] < 0 ? bytes[id] : 0;
      }
    }
    return most;
  }

  private static long saturatedSum(long a, long b) {
    return Math.min(a + b, Long.MAX_VALUE / 2);
  }

  private static long[] sizes(Graph graph, ShapeInference.Inferred inferred) {
    long[] bytes = new long[graph.values().size()];
    for (Value value : graph.values()) {
      Shape shape = inferred.shapes().get(value.id());
      boolean isCounted =
          value.data() == null
              && inferred.known().get(value.id()) == null
              && value.type().hasFixedSize()
              && shape.isStatic();
      bytes[value.id()] = isCounted ? value.type().byteSize(shape.elements()) : 0;
    }
    return bytes;
  }

  /** Returns the last node that reads each value; the number of nodes for inputs and outputs. */
  private static int[] lastUses(Graph graph) {
    int[] lastUse = new int[graph.values().size()];
    Arrays.fill(lastUse, -1);
    for (int n = 0; n < graph.nodes().size(); n++) {
      for (int id : graph.nodes().get(n).inputs()) {
        if (id != Node.ABSENT) {
          lastUse[id] = n;
        }
      }
    }
    for (List<Integer> ids : List.of(graph.inputs(), graph.outputs())) {
      for (int id : ids) {
        lastUse[id] = graph.nodes().size();
      }
    }
    return lastUse;
  }
}
