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

/** Decides for each node of a graph in what numbers it computes. */
final class ModeSelector {
  /** What a quantized operand looks like to a kernel that is only asked whether it exists. */
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
   * A decision for each node.
   *
   * @param floatHeads nodes that compute in floats whatever the recipe says
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
          ? NodeDecision.follow(settings.withMode(QuantizationMode.FLOAT))
          : NodeDecision.follow(settings);
    }
    if (node.op() instanceof Quantize || node.op() instanceof Dequantize) {
      return NodeDecision.follow(settings.withMode(QuantizationMode.FLOAT));
    }
    if (floatHeads.contains(n)) {
      return NodeDecision.stayFloat(settings, "as integers it would tie scores that differ");
    }
    String obstacle = obstacle(node, settings.activations());
    return obstacle == null
        ? NodeDecision.follow(settings)
        : NodeDecision.stayFloat(settings, obstacle);
  }

  private @Nullable String obstacle(Node node, TensorType type) {
    QuantizationRule rule = node.op().quantizationRule();
    if (!rule.types().contains(type)) {
      return "the operator has no kernel for %s".formatted(type);
    }
    for (int i : new int[] {rule.weights(), rule.bias()}) {
      int id = i < 0 || i >= node.inputs().size() ? Node.ABSENT : node.inputs().get(i);
      if (id != Node.ABSENT && !OperandRoles.isFloatConstant(graph, id)) {
        return "'%s' is not constant".formatted(graph.value(id).name());
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
      String unfit = ranges.obstacle(id, type);
      if (unfit != null) {
        return unfit;
      }
    }
    try {
      node.op().asInteger(type).kernel(quantized(node, type));
      return null;
    } catch (OperandException e) {
      return String.valueOf(e.getMessage());
    }
  }

  /** The operands as they would be, with parameters that only serve to ask for the kernel. */
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
      Operand operand, TensorType type, @Nullable Quantization demanded) {
    Quantization parameters =
        demanded == null ? Quantization.perTensor(TYPICAL_SCALE, 0) : demanded;
    return new Operand(operand.name(), type, operand.shape(), parameters, null);
  }

  /**
   * Leaves nodes in floats that only move numbers between nodes that compute in floats: integers
   * there would cost accuracy and time for nothing.
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
        if (moves && !isBesideIntegers(node, decisions, producers, readers)) {
          decisions.set(
              n, NodeDecision.follow(decisions.get(n).settings().withMode(QuantizationMode.FLOAT)));
          changed = true;
        }
      }
    }
  }

  private boolean isBesideIntegers(
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
