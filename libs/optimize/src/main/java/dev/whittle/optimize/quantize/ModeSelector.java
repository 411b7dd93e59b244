package dev.whittle.optimize.quantize;

import dev.whittle.ir.Graph;
import dev.whittle.ir.Model;
import dev.whittle.ir.Node;
import dev.whittle.ir.Operand;
import dev.whittle.ir.Operands;
import dev.whittle.ir.QuantizationRule;
import dev.whittle.ir.ShapeInference;
import dev.whittle.ir.op.type.Dequantize;
import dev.whittle.ir.op.type.Quantize;
import dev.whittle.ir.tensor.OperandException;
import dev.whittle.ir.tensor.Quantization;
import dev.whittle.ir.tensor.TensorType;
import dev.whittle.optimize.recipe.QuantizationMode;
import dev.whittle.optimize.recipe.QuantizationSettings;
import dev.whittle.optimize.recipe.Recipe;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * Selects the quantization mode of each node of a graph: that of the recipe, or FLOAT if the
 * operator has no kernel for it or the ranges of its operands do not allow it.
 */
final class ModeSelector {
  /** The scale of operands with which operators are asked for a kernel; any other would do. */
  private static final float TYPICAL_SCALE = 0.05f;

  private final Graph graph;
  private final Recipe recipe;
  private final ValueRanges ranges;
  private final Set<Integer> floatHeads;
  private final ShapeInference.Inferred inferred;
  private final Model model;

  private ModeSelector(
      Model model, int graphIndex, Recipe recipe, ValueRanges ranges, Set<Integer> floatHeads) {
    this.model = model;
    this.graph = model.graphs().get(graphIndex);
    this.recipe = recipe;
    this.ranges = ranges;
    this.floatHeads = floatHeads;
    this.inferred = ShapeInference.infer(model, graphIndex);
  }

  /**
   * Returns a decision for each node.
   *
   * @param floatHeads the indices of nodes that compute in floats regardless of the recipe
   */
  static List<NodeDecision> select(
      Model model, int graphIndex, Recipe recipe, ValueRanges ranges, Set<Integer> floatHeads) {
    var decisions = new ModeSelector(model, graphIndex, recipe, ranges, floatHeads);
    List<NodeDecision> all = new ArrayList<>();
    for (int n = 0; n < decisions.graph.nodes().size(); n++) {
      all.add(decisions.decide(n));
    }
    decisions.keepIsolatedNodesInFloat(all);
    return all;
  }

  private NodeDecision decide(int n) {
    Node node = graph.nodes().get(n);
    QuantizationSettings settings = recipe.settings(graph, node);
    if (settings.mode() != QuantizationMode.INTEGER || !OperandRoles.touchesFloats(graph, node)) {
      return settings.mode() == QuantizationMode.INTEGER
          ? NodeDecision.apply(settings.withMode(QuantizationMode.FLOAT))
          : NodeDecision.apply(settings);
    }
    if (node.op() instanceof Quantize || node.op() instanceof Dequantize) {
      return NodeDecision.apply(settings.withMode(QuantizationMode.FLOAT));
    }
    if (floatHeads.contains(n)) {
      return NodeDecision.keepFloat(settings, "different scores would tie as integers");
    }
    String obstacle = obstacle(node, settings.activations());
    return obstacle == null
        ? NodeDecision.apply(settings)
        : NodeDecision.keepFloat(settings, obstacle);
  }

  /** Returns the reason why a node cannot compute in integers of a type; null if it can. */
  private @Nullable String obstacle(Node node, TensorType type) {
    QuantizationRule rule = node.op().quantizationRule();
    if (!rule.types().contains(type)) {
      return "the operator has no kernel for %s".formatted(type);
    }
    for (int i : new int[] {rule.weights(), rule.bias()}) {
      int id = i < 0 || i >= node.inputs().size() ? Node.ABSENT : node.inputs().get(i);
      if (id != Node.ABSENT && !OperandRoles.isFloatConstant(graph, id)) {
        return "'%s' is not a constant".formatted(graph.value(id).name());
      }
    }
    for (int index : OperandRoles.activations(graph, node)) {
      int id = node.inputs().get(index);
      if (OperandRoles.isFloatConstant(graph, id) && !OperandRoles.isFinite(graph.value(id))) {
        return "the constant '%s' has values that are not finite".formatted(graph.value(id).name());
      }
    }
    List<Integer> computed = new ArrayList<>(OperandRoles.computedInputs(graph, node));
    if (rule.fixedOutput(type) == null) {
      computed.addAll(OperandRoles.floatOutputs(graph, node));
    }
    for (int id : computed) {
      if (OperandRoles.isVariable(graph, id)) {
        return "'%s' is a variable".formatted(graph.value(id).name());
      }
      String rangeObstacle = ranges.obstacle(id, type);
      if (rangeObstacle != null) {
        return rangeObstacle;
      }
    }
    try {
      node.op().asInteger(type).kernel(quantized(node, type));
      return null;
    } catch (OperandException e) {
      return String.valueOf(e.getMessage());
    }
  }

  /** Returns quantized operands for a node, with parameters that only serve to select a kernel. */
  private Operands quantized(Node node, TensorType type) {
    Operands floats = ShapeInference.operands(model, graph, node, inferred);
    QuantizationRule rule = node.op().quantizationRule();
    List<@Nullable Operand> inputs = new ArrayList<>();
    for (int i = 0; i < floats.inputCount(); i++) {
      if (!floats.hasInput(i)) {
        inputs.add(null);
      } else if (floats.type(i) != TensorType.FLOAT32) {
        inputs.add(floats.input(i));
      } else {
        TensorType storage =
            i == rule.weights()
                ? TensorType.INT8
                : i == rule.bias() ? GraphQuantizer.biasType(type) : type;
        inputs.add(quantized(floats.input(i), storage, null));
      }
    }
    List<Operand> outputs = new ArrayList<>();
    for (int i = 0; i < floats.outputCount(); i++) {
      Operand output = floats.output(i);
      outputs.add(
          output.type() == TensorType.FLOAT32
              ? quantized(output, type, rule.fixedOutput(type))
              : output);
    }
    return new Operands(inputs, outputs, Operands.SubgraphTypes.NONE);
  }

  private static Operand quantized(
      Operand operand, TensorType type, @Nullable Quantization required) {
    Quantization parameters =
        required == null ? Quantization.perTensor(TYPICAL_SCALE, 0) : required;
    return new Operand(operand.name(), type, operand.shape(), parameters, null);
  }

  /**
   * Leaves data movement between float nodes in floats: integers would only add conversions and
   * rounding errors there.
   */
  private void keepIsolatedNodesInFloat(List<NodeDecision> decisions) {
    Map<Integer, Integer> producers = new HashMap<>();
    Map<Integer, Set<Integer>> readers = new HashMap<>();
    for (int n = 0; n < graph.nodes().size(); n++) {
      for (int id : graph.nodes().get(n).outputs()) {
        producers.put(id, n);
      }
      for (int id : graph.nodes().get(n).inputs()) {
        readers.computeIfAbsent(id, k -> new HashSet<>()).add(n);
      }
    }
    boolean changed = true;
    while (changed) {
      changed = false;
      for (int n = 0; n < decisions.size(); n++) {
        Node node = graph.nodes().get(n);
        boolean moves = decisions.get(n).isInteger() && node.op().quantizationRule().sharesScales();
        if (moves && !hasIntegerNeighbor(node, decisions, producers, readers)) {
          decisions.set(
              n, NodeDecision.apply(decisions.get(n).settings().withMode(QuantizationMode.FLOAT)));
          changed = true;
        }
      }
    }
  }

  private boolean hasIntegerNeighbor(
      Node node,
      List<NodeDecision> decisions,
      Map<Integer, Integer> producers,
      Map<Integer, Set<Integer>> readers) {
    for (int id : OperandRoles.computedInputs(graph, node)) {
      Integer producer = producers.get(id);
      if (producer != null && decisions.get(producer).isInteger()) {
        return true;
      }
    }
    return node.outputs().stream()
        .flatMap(id -> readers.getOrDefault(id, Set.of()).stream())
        .anyMatch(reader -> decisions.get(reader).isInteger());
  }
}
