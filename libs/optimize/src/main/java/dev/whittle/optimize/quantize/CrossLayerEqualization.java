package dev.whittle.optimize.quantize;

import dev.whittle.ir.Graph;
import dev.whittle.ir.Model;
import dev.whittle.ir.Node;
import dev.whittle.ir.Value;
import dev.whittle.ir.op.common.Activation;
import dev.whittle.ir.op.nn.Conv2D;
import dev.whittle.ir.op.nn.DepthwiseConv2D;
import dev.whittle.ir.op.nn.FullyConnected;
import dev.whittle.ir.tensor.Constant;
import dev.whittle.ir.tensor.Tensor;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * Evens out the channels between adjacent layers with weights, so that one scale serves them
 * better: channel c of the first layer is divided by {@code s = sqrt(r1 / r2)} and what the second
 * layer reads from it multiplied, where r1 and r2 are the largest magnitudes of the channel's
 * weights in each (Nagel et al. 2019, section 4.1). Exact where the activation between is none or
 * RELU.
 */
final class CrossLayerEqualization {
  private static final int ROUNDS = 3;
  private static final double MOST = 1e3;

  private final Graph graph;
  private final Map<Integer, float[]> changed = new HashMap<>();

  private CrossLayerEqualization(Graph graph) {
    this.graph = graph;
  }

  static Model apply(Model model) {
    List<Graph> graphs = new ArrayList<>(model.graphs());
    graphs.set(0, new CrossLayerEqualization(graphs.getFirst()).run());
    return model.withGraphs(graphs);
  }

  /** A layer whose output only another one reads. */
  private record Pair(Node first, Node second) {}

  private Graph run() {
    List<Pair> pairs = pairs();
    for (int round = 0; round < ROUNDS; round++) {
      pairs.forEach(this::equalize);
    }
    List<Value> values = new ArrayList<>(graph.values());
    changed.forEach(
        (id, numbers) -> {
          Value value = values.get(id);
          Tensor tensor = Tensor.onHeap(numbers, value.initialShape().toArray());
          values.set(id, value.withData(Constant.of(tensor.data())));
        });
    return graph.withValues(values);
  }

  private List<Pair> pairs() {
    Map<Integer, List<Node>> readers = new HashMap<>();
    for (Node node : graph.nodes()) {
      node.inputs().forEach(id -> readers.computeIfAbsent(id, k -> new ArrayList<>()).add(node));
    }
    List<Pair> pairs = new ArrayList<>();
    for (Node node : graph.nodes()) {
      if (isLayer(node, readers) && isHomogeneous(node)) {
        int output = node.outputs().getFirst();
        List<Node> next = readers.getOrDefault(output, List.of());
        if (next.size() == 1
            && !graph.outputs().contains(output)
            && isLayer(next.getFirst(), readers)
            && next.getFirst().inputs().getFirst() == output
            && outputs(node) == inputs(next.getFirst())) {
          pairs.add(new Pair(node, next.getFirst()));
        }
      }
    }
    return pairs;
  }

  private boolean isLayer(Node node, Map<Integer, List<Node>> readers) {
    boolean known =
        node.op() instanceof Conv2D
            || (node.op() instanceof DepthwiseConv2D d && d.depthMultiplier() <= 1)
            || node.op() instanceof FullyConnected;
    if (!known || node.outputs().size() != 1) {
      return false;
    }
    for (int i = 1; i < node.inputs().size(); i++) {
      int id = node.inputs().get(i);
      if (id != Node.ABSENT
          && (!OperandRoles.isFloatConstant(graph, id)
              || readers.getOrDefault(id, List.of()).size() != 1)) {
        return false;
      }
    }
    return true;
  }

  private static boolean isHomogeneous(Node node) {
    Activation activation =
        switch (node.op()) {
          case Conv2D c -> c.activation();
          case DepthwiseConv2D d -> d.activation();
          case FullyConnected f -> f.activation();
          default -> Activation.TANH;
        };
    return activation == Activation.NONE || activation == Activation.RELU;
  }

  private int[] dims(Node node) {
    return graph.value(node.inputs().get(1)).initialShape().toArray();
  }

  private int outputs(Node node) {
    int[] dims = dims(node);
    return node.op() instanceof DepthwiseConv2D ? dims[3] : dims[0];
  }

  private int inputs(Node node) {
    int[] dims = dims(node);
    return dims[dims.length - 1];
  }

  private float[] numbers(int id) {
    return changed.computeIfAbsent(id, k -> OperandRoles.floats(graph.value(k)));
  }

  private void equalize(Pair pair) {
    float[] first = numbers(pair.first.inputs().get(1));
    float[] second = numbers(pair.second.inputs().get(1));
    int channels = outputs(pair.first);
    int perOutput = first.length / channels;
    boolean depthwise = pair.first.op() instanceof DepthwiseConv2D;
    double[] written = new double[channels];
    for (int i = 0; i < first.length; i++) {
      int c = depthwise ? i % channels : i / perOutput;
      written[c] = Math.max(written[c], Math.abs(first[i]));
    }
    double[] read = new double[channels];
    for (int i = 0; i < second.length; i++) {
      read[i % channels] = Math.max(read[i % channels], Math.abs(second[i]));
    }
    double[] factors = new double[channels];
    for (int c = 0; c < channels; c++) {
      boolean dead = written[c] == 0 || read[c] == 0;
      factors[c] = dead ? 1 : Math.clamp(Math.sqrt(written[c] / read[c]), 1 / MOST, MOST);
    }
    for (int i = 0; i < first.length; i++) {
      first[i] /= (float) factors[depthwise ? i % channels : i / perOutput];
    }
    float[] bias = bias(pair.first);
    for (int c = 0; bias != null && c < channels; c++) {
      bias[c] /= (float) factors[c];
    }
    for (int i = 0; i < second.length; i++) {
      second[i] *= (float) factors[i % channels];
    }
  }

  private float @Nullable [] bias(Node node) {
    int id = node.inputs().size() > 2 ? node.inputs().get(2) : Node.ABSENT;
    return id == Node.ABSENT ? null : numbers(id);
  }
}
