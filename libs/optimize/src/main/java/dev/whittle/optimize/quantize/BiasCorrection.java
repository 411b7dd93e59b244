package dev.whittle.optimize.quantize;

import dev.whittle.ir.Graph;
import dev.whittle.ir.Node;
import dev.whittle.ir.QuantizationRule;
import dev.whittle.ir.Value;
import dev.whittle.ir.op.nn.DepthwiseConv2D;
import dev.whittle.optimize.calibrate.Statistics;
import dev.whittle.optimize.calibrate.TensorStatistics;
import dev.whittle.optimize.recipe.QuantizationSettings;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * Bias correction: biases that compensate the mean error of quantized weights, {@code bias - E[x] *
 * (quantized - weights)} for each output channel (Nagel et al., "Data-free quantization through
 * weight equalization and bias correction", 2019, section 4.2). The mean input is that of
 * calibration. Padding is treated as if it had the same mean.
 */
final class BiasCorrection {
  private BiasCorrection() {}

  /** Returns the corrected biases by node index. */
  static Map<Integer, float[]> of(
      Graph graph, List<NodeDecision> decisions, Statistics statistics) {
    Map<Integer, float[]> biases = new HashMap<>();
    for (int n = 0; n < graph.nodes().size(); n++) {
      Node node = graph.nodes().get(n);
      QuantizationRule rule = node.op().quantizationRule();
      boolean weighted =
          decisions.get(n).isInteger()
              && rule.weights() >= 0
              && rule.bias() >= 0
              && rule.bias() < node.inputs().size()
              && OperandRoles.isFloatConstant(graph, node.inputs().get(rule.bias()));
      if (weighted) {
        float[] corrected = corrected(graph, node, rule, decisions.get(n).settings(), statistics);
        if (corrected != null) {
          biases.put(n, corrected);
        }
      }
    }
    return biases;
  }

  /** Returns the corrected bias of a node; null if the means of its input channels are unknown. */
  private static float @Nullable [] corrected(
      Graph graph,
      Node node,
      QuantizationRule rule,
      QuantizationSettings settings,
      Statistics statistics) {
    int input = node.inputs().get(OperandRoles.activations(graph, node).getFirst());
    TensorStatistics observed = statistics.of(input);
    double[] means = observed == null ? null : observed.channelMeans();
    Value value = graph.value(node.inputs().get(rule.weights()));
    int[] dims = value.initialShape().toArray();
    boolean depthwise = node.op() instanceof DepthwiseConv2D;
    int last = dims[dims.length - 1];
    if (means == null || means.length == 0 || last % means.length != 0) {
      return null;
    }
    float[] weights = OperandRoles.floats(value);
    int axis = settings.perChannel() ? rule.axis() : -1;
    float[] scales =
        WeightScales.of(weights, dims, axis, settings.weights().bits(), settings.weightMethod());
    float[] dequantized =
        WeightQuantizer.dequantized(weights, dims, scales, axis, settings.weights());
    float[] bias = OperandRoles.floats(graph.value(node.inputs().get(rule.bias())));
    double[] shift = new double[bias.length];
    int perOutput = weights.length / dims[rule.axis()];
    for (int i = 0; i < weights.length; i++) {
      int column = i % last;
      int output = depthwise ? column : i / perOutput;
      // With a depth multiplier, the outputs of a depthwise channel are adjacent columns.
      double mean = means[depthwise ? column / (last / means.length) : column % means.length];
      shift[output] += mean * (dequantized[i] - weights[i]);
    }
    float[] corrected = bias.clone();
    for (int c = 0; c < corrected.length; c++) {
      corrected[c] -= (float) shift[c];
    }
    return corrected;
  }
}
