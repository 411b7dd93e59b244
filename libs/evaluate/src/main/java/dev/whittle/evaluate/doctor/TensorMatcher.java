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
 * Which value of a quantized graph stands for which of the float graph: by name, or, where other
 * tools have named them anew, by the place among the operators that compute.
 */
final class TensorMatcher {
  private TensorMatcher() {}

  /** Ids of the float graph by those of the quantized one. */
  static Map<Integer, Integer> of(Graph floats, Graph quantized) {
    Map<Integer, Integer> byName = byName(floats, quantized);
    List<Node> wanted = computing(floats);
    if (byName.size() * 2 >= wanted.size()) {
      return byName;
    }
    Map<Integer, Integer> byPlace = byPlace(wanted, computing(quantized));
    return byPlace.size() > byName.size() ? byPlace : byName;
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
        // The integers come before the floats that are made of them.
        Integer found =
            names.get(quantized.value(id).name().replaceFirst("_(int8|int16|uint8|float)$", ""));
        if (found != null && matched.add(found)) {
          match.put(id, found);
        }
      }
    }
    return match;
  }

  private static Map<Integer, Integer> byPlace(List<Node> floats, List<Node> quantized) {
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

  /** The nodes whose results are new numbers, not others moved or stored otherwise. */
  private static List<Node> computing(Graph graph) {
    return graph.nodes().stream()
        .filter(n -> !(n.op() instanceof Quantize) && !(n.op() instanceof Dequantize))
        .filter(n -> !n.outputs().isEmpty() && !n.op().quantizationRule().sharesScales())
        .filter(n -> isNumber(graph.value(n.outputs().getFirst()).type()))
        .toList();
  }

  private static boolean isNumber(TensorType type) {
    return switch (type) {
      case FLOAT32, INT8, UINT8, INT16 -> true;
      default -> false;
    };
  }
}
