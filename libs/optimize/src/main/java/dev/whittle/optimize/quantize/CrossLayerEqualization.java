package dev.whittle.optimize.quantize;

import dev.whittle.ir.Graph;
import dev.whittle.ir.Model;
import dev.whittle.ir.Node;
import dev.whittle.ir.Value;
import dev.whittle.ir.op.Activation;
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
 * Cross-layer equalization (Nagel et al., "Data-free quantization through weight equalization and
 * bias correction", 2019, section 4.1): equalizes the ranges of the channels between two adjacent
 * layers, so that one scale serves all channels. The weights of output channel c of the first layer
 * are divided by {@code s = sqrt(r1 / r2)}, and those of input channel c of the second layer are
 * multiplied by it. r1 and r2 are the maximum magnitudes of the channel's weights in each layer.
 * The model's output does not change, because the activation in between is none or RELU.
 */
final class CrossLayerEqualization {
  private static final int ROUNDS = 3;
  private static final double MAX_FACTOR = 1e3;

  private final Graph graph;
  private final Map<Integer, float[]> changed = new HashMap<>();

  private CrossLayerEqualization(Graph graph) {
    this.graph = graph;
  }

  /** Returns the model with equalized weights in its main graph. */
  static Model apply(Model model) {
    List<Graph> graphs = new ArrayList<>(model.graphs());
    graphs.set(0, new CrossLayerEqualization(graphs.getFirst()).run());
    return model.withGraphs(graphs);
  }

  /** Two adjacent layers; only the second reads the output of the first. */
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

  /** Returns whether a node has constant weights and bias that no other node reads. */
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

  /** Returns whether the activation of a node is homogeneous: f(s x) = s f(x) for positive s. */
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
    double[] firstRanges = new double[channels];
    for (int i = 0; i < first.length; i++) {
      int c = depthwise ? i % channels : i / perOutput;
      firstRanges[c] = Math.max(firstRanges[c], Math.abs(first[i]));
    }
    double[] secondRanges = new double[channels];
    for (int i = 0; i < second.length; i++) {
      secondRanges[i % channels] = Math.max(secondRanges[i % channels], Math.abs(second[i]));
    }
    double[] factors = new double[channels];
    for (int c = 0; c < channels; c++) {
      boolean dead = firstRanges[c] == 0 || secondRanges[c] == 0;
      double factor = Math.sqrt(firstRanges[c] / secondRanges[c]);
      factors[c] = dead ? 1 : Math.clamp(factor, 1 / MAX_FACTOR, MAX_FACTOR);
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
