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

/** Finds and edits the float weights of a model, whatever operators use them. */
public final class WeightEditor {
  /** An edit of weights. */
  interface Edit {
    /**
     * Edits weights in place.
     *
     * @param numbers the weights in row-major order
     * @param dims their shape
     * @param axis the axis of output channels; -1 if there is none
     */
    void apply(float[] numbers, int[] dims, int axis);
  }

  private WeightEditor() {}

  /**
   * Returns the model with edited float weights.
   *
   * @param layers a pattern that is searched in the names of an operator's outputs; null for all
   * @param minElements the minimum number of elements of weights to edit
   * @throws NoMatchingWeightsException if no weights match
   */
  static Model apply(Model model, @Nullable Pattern layers, int minElements, Edit edit) {
    List<Graph> graphs = new ArrayList<>();
    int edited = 0;
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
              edit.apply(numbers, dims, axis);
              values.set(id, value.withData(Constant.of(Tensor.onHeap(numbers, dims).data())));
            }
          });
      edited += axes.size();
      graphs.add(graph.withValues(values));
    }
    if (edited == 0) {
      throw new NoMatchingWeightsException(
          "no float weights of at least %d elements%s"
              .formatted(
                  minElements, layers == null ? "" : " in layers that match '" + layers + "'"));
    }
    return model.withGraphs(graphs);
  }

  /**
   * Returns the weight constants of a graph that can be pruned or clustered.
   *
   * @param layers a pattern that is searched in the names of an operator's outputs; null for all
   * @param minElements the minimum number of elements
   * @return the axis of output channels, or -1 if there is none, by the id of the constant
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
      for (int index : named ? rule.stored() : List.<Integer>of()) {
        int id = index < node.inputs().size() ? node.inputs().get(index) : Node.ABSENT;
        if (id != Node.ABSENT
            && graph.value(id).type() == TensorType.FLOAT32
            && graph.value(id).contents() != null
            && graph.value(id).initialShape().elements() >= minElements) {
          axes.putIfAbsent(id, index == rule.weights() ? rule.axis() : -1);
        }
      }
    }
    return axes;
  }
}
