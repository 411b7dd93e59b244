package dev.whittle.optimize.quantize;

import dev.whittle.ir.Graph;
import dev.whittle.ir.Node;
import dev.whittle.ir.QuantizationRule;
import dev.whittle.ir.tensor.TensorType;
import dev.whittle.optimize.recipe.HeadMode;
import dev.whittle.optimize.recipe.QuantizationMode;
import dev.whittle.optimize.recipe.QuantizationSettings;
import dev.whittle.optimize.recipe.Recipe;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;

/** Creates a {@link QuantizationPlan} from the decisions for nodes and the scales of values. */
final class QuantizationPlanner {
  private final Graph graph;
  private final Map<Integer, QuantizationPlan.Activation> activations = new HashMap<>();
  private final Map<Integer, QuantizationPlan.Weights> weights = new HashMap<>();
  private final List<QuantizationPlan.Bias> biases = new ArrayList<>();

  private QuantizationPlanner(Graph graph) {
    this.graph = graph;
  }

  /**
   * Returns the plan of a graph.
   *
   * @param groups the scale groups by activation type
   */
  static QuantizationPlan plan(
      Graph graph,
      Recipe recipe,
      List<NodeDecision> decisions,
      Map<TensorType, ScaleGroups> groups) {
    var planner = new QuantizationPlanner(graph);
    Set<Integer> integerNodes = new HashSet<>();
    Set<Integer> floatNodes = new HashSet<>();
    for (int n = 0; n < decisions.size(); n++) {
      QuantizationSettings settings = decisions.get(n).settings();
      Node node = graph.nodes().get(n);
      switch (settings.mode()) {
        case INTEGER -> {
          integerNodes.add(n);
          ScaleGroups group = Objects.requireNonNull(groups.get(settings.activations()));
          planner.addInteger(n, node, settings, group);
        }
        case DYNAMIC, WEIGHTS_ONLY -> planner.addStored(node, settings);
        case FLOAT -> floatNodes.add(n);
      }
    }
    Recipe finalRecipe =
        recipe
            .withHead(HeadMode.INTEGER)
            .withEqualize(false)
            .withCorrectBias(false)
            .withGuard(false);
    return new QuantizationPlan(
        finalRecipe,
        integerNodes,
        floatNodes,
        planner.activations,
        planner.weights,
        planner.biases);
  }

  private void addInteger(int n, Node node, QuantizationSettings settings, ScaleGroups group) {
    List<Integer> values = new ArrayList<>(OperandRoles.computedInputs(graph, node));
    values.addAll(OperandRoles.floatOutputs(graph, node));
    for (int id : values) {
      activations.putIfAbsent(
          id,
          new QuantizationPlan.Activation(
              group.group(id), settings.activations(), group.fixed(id), group.range(id)));
    }
    QuantizationRule rule = node.op().quantizationRule();
    if (rule.weights() < 0) {
      return;
    }
    int weightsId = node.inputs().get(rule.weights());
    weights.putIfAbsent(
        weightsId,
        new QuantizationPlan.Weights(settings.weights(), settings.perChannel() ? rule.axis() : -1));
    if (rule.bias() >= 0
        && rule.bias() < node.inputs().size()
        && node.inputs().get(rule.bias()) != Node.ABSENT) {
      biases.add(
          new QuantizationPlan.Bias(
              n,
              node.inputs().get(rule.bias()),
              weightsId,
              node.inputs().get(OperandRoles.activations(graph, node).getFirst())));
    }
  }

  private void addStored(Node node, QuantizationSettings settings) {
    boolean integerNodes = settings.weights().isInteger();
    QuantizationRule rule = node.op().quantizationRule();
    for (int place : rule.stored()) {
      int id = place < node.inputs().size() ? node.inputs().get(place) : Node.ABSENT;
      boolean blocks = settings.mode() == QuantizationMode.WEIGHTS_ONLY && settings.blockSize() > 0;
      if (integerNodes
          && !blocks
          && id != Node.ABSENT
          && OperandRoles.isFloatConstant(graph, id)
          && graph.value(id).initialShape().elements() >= settings.minElements()) {
        int axis = settings.perChannel() && place == rule.weights() ? rule.axis() : -1;
        weights.putIfAbsent(id, new QuantizationPlan.Weights(settings.weights(), axis));
      }
    }
  }
}
