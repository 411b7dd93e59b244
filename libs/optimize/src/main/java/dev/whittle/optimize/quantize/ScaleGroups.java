package dev.whittle.optimize.quantize;

import dev.whittle.ir.Graph;
import dev.whittle.ir.Node;
import dev.whittle.ir.QuantizationRule;
import dev.whittle.ir.tensor.Quantization;
import dev.whittle.ir.tensor.Tensor;
import dev.whittle.ir.tensor.TensorType;
import dev.whittle.optimize.calibrate.Range;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * The quantization parameters of activations. Values for which an operator requires equal
 * parameters form a group, whose range is the union of their ranges. Groups are a disjoint-set
 * forest (union-find) over value ids.
 */
final class ScaleGroups {
  private final Graph graph;
  private final TensorType type;
  private final ValueRanges ranges;
  private final Map<Integer, Integer> parents = new HashMap<>();
  private final Map<Integer, Quantization> fixed = new HashMap<>();
  private final Map<Integer, Quantization> parameters = new HashMap<>();
  private final Map<Integer, Range> groupRanges = new HashMap<>();

  /** Groups the values around the nodes that compute in integers of one type. */
  ScaleGroups(Graph graph, List<NodeDecision> decisions, TensorType type, ValueRanges ranges) {
    this.graph = graph;
    this.type = type;
    this.ranges = ranges;
    for (int n = 0; n < graph.nodes().size(); n++) {
      NodeDecision decision = decisions.get(n);
      if (decision.isInteger() && decision.settings().activations() == type) {
        add(graph.nodes().get(n));
      }
    }
    Map<Integer, List<Integer>> members = new HashMap<>();
    for (int id : List.copyOf(parents.keySet())) {
      members.computeIfAbsent(root(id), k -> new ArrayList<>()).add(id);
    }
    members.forEach((root, ids) -> parameters.put(root, computeParameters(root, ids)));
  }

  private void add(Node node) {
    QuantizationRule rule = node.op().quantizationRule();
    List<Integer> inputs =
        OperandRoles.activations(graph, node).stream().map(node.inputs()::get).toList();
    List<Integer> outputs = OperandRoles.floatOutputs(graph, node);
    inputs.forEach(this::add);
    outputs.forEach(this::add);
    Quantization required = rule.fixedOutput(type);
    if (required != null) {
      outputs.forEach(id -> fixed.putIfAbsent(root(id), required));
    }
    if (rule.sharesScales() && !outputs.isEmpty()) {
      int output = outputs.getFirst();
      outputs.forEach(id -> unite(output, id));
      boolean single = inputs.stream().filter(id -> !isConstant(id)).count() == 1;
      for (int id : inputs) {
        // A constant bound outside the range of the other operands has no effect, so it need not
        // widen the range.
        boolean bound = isConstant(id) && rule.scales() == QuantizationRule.Scales.BOUNDED;
        if (!bound && (isConstant(id) || single || !isFixed(id))) {
          unite(output, id);
        }
      }
    }
  }

  private void add(int id) {
    Quantization trained =
        type != TensorType.INT8 || parents.containsKey(id)
            ? null
            : TrainedRanges.parameters(graph.value(id));
    root(id);
    if (trained != null) {
      fixed.put(id, trained);
    }
  }

  private boolean isConstant(int id) {
    return graph.value(id).isConstant();
  }

  private boolean isFixed(int id) {
    return fixed.containsKey(root(id));
  }

  private int root(int id) {
    int parent = parents.computeIfAbsent(id, k -> id);
    if (parent == id) {
      return id;
    }
    int root = root(parent);
    parents.put(id, root);
    return root;
  }

  private void unite(int a, int b) {
    int first = root(a);
    int second = root(b);
    Quantization one = fixed.get(first);
    Quantization other = fixed.get(second);
    if (first == second || (one != null && other != null && !one.equals(other))) {
      // Groups with different fixed parameters stay apart; a QUANTIZE connects them.
      return;
    }
    parents.put(second, first);
    if (one == null && other != null) {
      fixed.put(first, other);
    }
  }

  private Quantization computeParameters(int root, List<Integer> members) {
    Quantization required = fixed.get(root);
    if (required != null) {
      return required;
    }
    Range all = null;
    for (int id : members) {
      Range range = isConstant(id) ? rangeOfConstant(id) : ranges.of(id, type);
      all = range == null ? all : all == null ? range : all.union(range);
    }
    if (all == null) {
      all = new Range(0, 0);
    }
    groupRanges.put(root, all);
    return ActivationParameters.of(all, type);
  }

  private Range rangeOfConstant(int id) {
    Tensor contents = graph.value(id).contents();
    float min = 0;
    float max = 0;
    for (long i = 0; contents != null && i < contents.elements(); i++) {
      min = Math.min(min, contents.getFloat(i));
      max = Math.max(max, contents.getFloat(i));
    }
    return new Range(min, max);
  }

  /** Returns whether a node that computes in integers of this type reads or writes a value. */
  boolean contains(int id) {
    return parents.containsKey(id);
  }

  /** Returns the id of the value that represents the group of a value. */
  int group(int id) {
    return root(id);
  }

  /** Returns the parameters that an operator requires of a value; null if the range gives them. */
  @Nullable Quantization fixed(int id) {
    return fixed.get(root(id));
  }

  /** Returns the range of the group of a value. */
  Range range(int id) {
    return groupRanges.getOrDefault(root(id), new Range(0, 0));
  }

  /**
   * Returns the parameters of a value.
   *
   * @throws IllegalArgumentException if it is in no group
   */
  Quantization parameters(int id) {
    Quantization found = parents.containsKey(id) ? parameters.get(root(id)) : null;
    if (found == null) {
      throw new IllegalArgumentException("value " + id + " is not quantized");
    }
    return found;
  }
}
