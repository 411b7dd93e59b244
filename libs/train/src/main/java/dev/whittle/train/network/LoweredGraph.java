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

/** The nodes of a graph, lowered to TensorFlow operations for training or for inference. */
final class LoweredGraph {
  private final TensorFlowOps ops;
  private final Graph graph;
  private final Map<Integer, Output<?>> values;
  private final Map<Integer, Output<?>> quantized = new HashMap<>();
  private final Map<Integer, Output<?>> copiedInputs = new HashMap<>();
  private final @Nullable FakeQuantization quantization;
  private final @Nullable TrainingBehavior training;
  private final List<UnsupportedModelException.Item> unsupported = new ArrayList<>();

  /**
   * Prepares the lowering of a graph.
   *
   * @param given the inputs of the graph and the weights, by id
   * @param quantization the simulated quantization; null for none
   * @param training the behavior in training; null for inference
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
   * Lowers all nodes.
   *
   * @throws UnsupportedModelException if operators cannot be trained; the message names all of them
   */
  void lower() {
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
        reject(n, "the operator cannot be trained");
      } else if (reachable) {
        lower(n, node, lowering);
      }
    }
    if (!unsupported.isEmpty()) {
      throw new UnsupportedModelException(unsupported);
    }
  }

  private void reject(int node, String reason) {
    unsupported.add(
        new UnsupportedModelException.Item("training through " + graph.describe(node), reason, ""));
  }

  private void lower(int n, Node node, TrainingLowerings.Lowering<Op> lowering) {
    boolean integer = quantization != null && quantization.isInteger(n);
    try {
      List<@Nullable Output<?>> inputs = new ArrayList<>();
      for (int i = 0; i < node.inputs().size(); i++) {
        inputs.add(operand(n, node, i, integer));
      }
      List<Output<?>> outputs = lowering.build(new NodeCall(ops, graph, node, inputs), node.op());
      for (int i = 0; i < outputs.size(); i++) {
        putValue(node.outputs().get(i), outputs.get(i), integer);
      }
    } catch (OperandException e) {
      reject(n, String.valueOf(e.getMessage()));
    }
  }

  private @Nullable Output<?> operand(int n, Node node, int index, boolean integer) {
    int id = node.inputs().get(index);
    if (id == Node.ABSENT) {
      return null;
    }
    QuantizationRule rule = node.op().quantizationRule();
    Output<?> value = value(id);
    if (!integer || quantization == null || graph.value(id).type() != TensorType.FLOAT32) {
      return value;
    }
    if (index == rule.bias()) {
      return quantization.bias(n, value);
    }
    if (index == rule.weights() || graph.value(id).isConstant()) {
      return value;
    }
    return quantized(id, value);
  }

  private Output<?> quantized(int id, Output<?> value) {
    FakeQuantization active = quantization;
    return active == null
        ? value
        : quantized.computeIfAbsent(id, k -> active.activation(id, value, training != null));
  }

  private void putValue(int id, Output<?> output, boolean integer) {
    Output<?> value = training == null ? output : training.apply(ops, id, output, values);
    if (integer && graph.value(id).type() == TensorType.FLOAT32) {
      value = quantized(id, value);
    }
    values.put(id, value);
  }

  private Output<?> value(int id) {
    Output<?> known = values.get(id);
    if (known == null) {
      Value constant = graph.value(id);
      Tensor contents = constant.contents();
      if (contents == null) {
        throw OperandException.unsupported("the sparse constant '%s'", constant.name());
      }
      known = ops.constant(contents);
      values.put(id, known);
    }
    return known;
  }

  /** Returns a value to fetch. An input is copied, because a fed placeholder cannot be fetched. */
  Output<?> output(int id) {
    return graph.inputs().contains(id)
        ? copiedInputs.computeIfAbsent(id, k -> ops.op("Identity", value(k)))
        : value(id);
  }
}
