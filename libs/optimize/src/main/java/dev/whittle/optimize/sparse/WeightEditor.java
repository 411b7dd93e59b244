package dev.whittle.optimize.sparse;

import dev.whittle.ir.Graph;
import dev.whittle.ir.Model;
import dev.whittle.ir.Node;
import dev.whittle.ir.QuantizationRule;
import dev.whittle.ir.Value;
import dev.whittle.ir.tensor.Constant;
import dev.whittle.ir.tensor.Tensor;
import dev.whittle.ir.tensor.TensorType;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/** Finds and changes the float weights of a model, whatever its operators. */
public final class WeightEditor {
  /** Makes other numbers of weights. */
  interface Change {
    /**
     * Changes the numbers in place.
     *
     * @param dims their extents
     * @param axis that of output channels; -1 where there is none
     */
    void apply(float[] numbers, int[] dims, int axis);
  }

  private WeightEditor() {}

  /**
   * Applies a change to all float weights.
   *
   * @param layers found in the name of an output of the operator; null for all
   * @param minElements weights of fewer elements stay as they are
   * @throws IllegalArgumentException if there are no such weights
   */
  static Model apply(Model model, @Nullable Pattern layers, int minElements, Change change) {
    List<Graph> graphs = new ArrayList<>();
    int changed = 0;
    for (Graph graph : model.graphs()) {
      Map<Integer, Integer> axes = weights(graph, layers, minElements);
      List<Value> values = new ArrayList<>(graph.values());
      axes.forEach(
          (id, axis) -> {
            Value value = values.get(id);
            int[] dims = value.initialShape().toArray();
            Tensor contents = value.contents();
            if (contents != null) {
              float[] numbers = contents.toFloats();
              change.apply(numbers, dims, axis);
              values.set(id, value.withData(Constant.of(Tensor.onHeap(numbers, dims).data())));
            }
          });
      changed += axes.size();
      graphs.add(graph.withValues(values));
    }
    if (changed == 0) {
      throw new IllegalArgumentException(
          "no float weights of at least %d elements%s"
              .formatted(
                  minElements, layers == null ? "" : " in layers that match '" + layers + "'"));
    }
    return model.withGraphs(graphs);
  }

  /**
   * The weights constants of a graph that are worth making sparse or clustering.
   *
   * @param layers found in the name of an output of the operator; null for all
   * @param minElements weights of fewer elements are left out
   * @return the axis of output channels by id; -1 where there is none
   */
  public static Map<Integer, Integer> weights(
      Graph graph, @Nullable Pattern layers, int minElements) {
    Map<Integer, Integer> axes = new LinkedHashMap<>();
    for (Node node : graph.nodes()) {
      QuantizationRule rule = node.op().quantizationRule();
      boolean named =
          layers == null
              || node.outputs().stream()
                  .anyMatch(id -> layers.matcher(graph.value(id).name()).find());
      for (int place : named ? rule.stored() : List.<Integer>of()) {
        int id = place < node.inputs().size() ? node.inputs().get(place) : Node.ABSENT;
        if (id != Node.ABSENT
            && graph.value(id).type() == TensorType.FLOAT32
            && graph.value(id).contents() != null
            && graph.value(id).initialShape().elements() >= minElements) {
          axes.putIfAbsent(id, place == rule.weights() ? rule.axis() : -1);
        }
      }
    }
    return axes;
  }
}
