package dev.whittle.evaluate.doctor;

import dev.whittle.ir.Graph;
import dev.whittle.ir.Node;
import dev.whittle.ir.op.type.Dequantize;
import dev.whittle.ir.op.type.Quantize;
import dev.whittle.ir.tensor.TensorType;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;

/**
 * Matches the values of a quantized graph with those of the float graph: by name, or by position
 * among the computing operators if a converter has renamed them.
 */
final class TensorMatcher {
  private TensorMatcher() {}

  /** Returns the ids of the float graph by the ids of the quantized graph. */
  static Map<Integer, Integer> of(Graph floats, Graph quantized) {
    Map<Integer, Integer> byName = byName(floats, quantized);
    List<Node> floatNodes = computing(floats);
    if (byName.size() * 2 >= floatNodes.size()) {
      return byName;
    }
    Map<Integer, Integer> byPosition = byPosition(floatNodes, computing(quantized));
    return byPosition.size() > byName.size() ? byPosition : byName;
  }

  private static Map<Integer, Integer> byName(Graph floats, Graph quantized) {
    Map<String, Integer> names = new HashMap<>();
    for (Node node : floats.nodes()) {
      for (int id : node.outputs()) {
        if (floats.value(id).type() == TensorType.FLOAT32) {
          names.putIfAbsent(floats.value(id).name(), id);
        }
      }
    }
    Map<Integer, Integer> match = new HashMap<>();
    Set<Integer> matched = new HashSet<>();
    for (Node node : quantized.nodes()) {
      for (int id : node.outputs()) {
        // The first match is the integer form, which precedes its dequantized form.
        Integer found =
            names.get(quantized.value(id).name().replaceFirst("_(int8|int16|uint8|float)$", ""));
        if (found != null && matched.add(found)) {
          match.put(id, found);
        }
      }
    }
    return match;
  }

  private static Map<Integer, Integer> byPosition(List<Node> floats, List<Node> quantized) {
    Map<Integer, Integer> match = new HashMap<>();
    boolean same = operators(floats).equals(operators(quantized));
    for (int n = 0; same && n < floats.size(); n++) {
      match.put(quantized.get(n).outputs().getFirst(), floats.get(n).outputs().getFirst());
    }
    return match;
  }

  private static List<String> operators(List<Node> nodes) {
    return nodes.stream().map(n -> n.op().type().name()).toList();
  }

  /** Returns the nodes that compute numbers; conversions and data movement are left out. */
  private static List<Node> computing(Graph graph) {
    return graph.nodes().stream()
        .filter(n -> !(n.op() instanceof Quantize) && !(n.op() instanceof Dequantize))
        .filter(n -> !n.outputs().isEmpty() && !n.op().quantizationRule().sharesScales())
        .filter(n -> isNumeric(graph.value(n.outputs().getFirst()).type()))
        .toList();
  }

  private static boolean isNumeric(TensorType type) {
    return switch (type) {
      case FLOAT32, INT8, UINT8, INT16 -> true;
      default -> false;
    };
  }
}
