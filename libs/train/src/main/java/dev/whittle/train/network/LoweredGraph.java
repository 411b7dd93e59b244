package dev.whittle.train.network;

import dev.whittle.ir.Graph;
import dev.whittle.ir.Node;
import dev.whittle.ir.Op;
import dev.whittle.ir.QuantizationRule;
import dev.whittle.ir.UnsupportedModelException;
import dev.whittle.ir.Value;
import dev.whittle.ir.tensor.OperandException;
import dev.whittle.ir.tensor.Tensor;
import dev.whittle.ir.tensor.TensorType;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import org.tensorflow.Output;

/** A graph's nodes as TensorFlow operations, once as they are in training, once in inference. */
final class LoweredGraph {
  private final TensorFlowOps ops;
  private final Graph graph;
  private final Map<Integer, Output<?>> values;
  private final Map<Integer, Output<?>> rounded = new HashMap<>();
  private final Map<Integer, Output<?>> handedOn = new HashMap<>();
  private final @Nullable FakeQuantization quantization;
  private final @Nullable TrainingBehavior training;
  private final List<UnsupportedModelException.Item> unsupported = new ArrayList<>();

  /**
   * Prepares a tower.
   *
   * @param given inputs of the graph and trained constants, by id
   * @param quantization null where nothing is rounded
   * @param training null for inference
   */
  LoweredGraph(
      TensorFlowOps ops,
      Graph graph,
      Map<Integer, Output<?>> given,
      @Nullable FakeQuantization quantization,
      @Nullable TrainingBehavior training) {
    this.ops = ops;
    this.graph = graph;
    this.values = new HashMap<>(given);
    this.quantization = quantization;
    this.training = training;
  }

  /**
   * Builds all nodes.
   *
   * @throws UnsupportedModelException naming every operator that cannot be trained
   */
  void run() {
    for (int n = 0; n < graph.nodes().size(); n++) {
      Node node = graph.nodes().get(n);
      boolean reachable =
          node.inputs().stream()
              .allMatch(
                  id ->
                      id == Node.ABSENT
                          || values.containsKey(id)
                          || graph.value(id).contents() != null);
      TrainingLowerings.Lowering<Op> lowering = TrainingLowerings.TABLE.get(node.op());
      if (lowering == null) {
        refuse(n, "it is not among the operators that can be trained");
      } else if (reachable) {
        build(n, node, lowering);
      }
    }
    if (!unsupported.isEmpty()) {
      throw new UnsupportedModelException(unsupported);
    }
  }

  private void refuse(int node, String reason) {
    unsupported.add(
        new UnsupportedModelException.Item("training through " + graph.describe(node), reason, ""));
  }

  private void build(int n, Node node, TrainingLowerings.Lowering<Op> lowering) {
    boolean integer = quantization != null && quantization.isInteger(n);
    try {
      List<@Nullable Output<?>> inputs = new ArrayList<>();
      for (int place = 0; place < node.inputs().size(); place++) {
        inputs.add(operand(n, node, place, integer));
      }
      List<Output<?>> outputs = lowering.build(new NodeCall(ops, graph, node, inputs), node.op());
      for (int i = 0; i < outputs.size(); i++) {
        keep(node.outputs().get(i), outputs.get(i), integer);
      }
    } catch (OperandException e) {
      refuse(n, String.valueOf(e.getMessage()));
    }
  }

  private @Nullable Output<?> operand(int n, Node node, int place, boolean integer) {
    int id = node.inputs().get(place);
    if (id == Node.ABSENT) {
      return null;
    }
    QuantizationRule rule = node.op().quantizationRule();
    Output<?> value = value(id);
    if (!integer || quantization == null || graph.value(id).type() != TensorType.FLOAT32) {
      return value;
    }
    if (place == rule.bias()) {
      return quantization.bias(n, value);
    }
    if (place == rule.weights() || graph.value(id).isConstant()) {
      return value;
    }
    return rounded(id, value);
  }

  private Output<?> rounded(int id, Output<?> value) {
    FakeQuantization active = quantization;
    return active == null
        ? value
        : rounded.computeIfAbsent(id, k -> active.activation(id, value, training != null));
  }

  private void keep(int id, Output<?> output, boolean integer) {
    Output<?> value = training == null ? output : training.apply(ops, id, output, values);
    if (integer && graph.value(id).type() == TensorType.FLOAT32) {
      value = rounded(id, value);
    }
    values.put(id, value);
  }

  private Output<?> value(int id) {
    Output<?> known = values.get(id);
    if (known == null) {
      Value constant = graph.value(id);
      Tensor contents = constant.contents();
      if (contents == null) {
        throw OperandException.unsupported("'%s', which is stored sparse", constant.name());
      }
      known = ops.constant(contents);
      values.put(id, known);
    }
    return known;
  }

  /** A value by itself, even if the graph hands out what it is given. */
  Output<?> output(int id) {
    return graph.inputs().contains(id)
        ? handedOn.computeIfAbsent(id, k -> ops.op("Identity", value(k)))
        : value(id);
  }
}
