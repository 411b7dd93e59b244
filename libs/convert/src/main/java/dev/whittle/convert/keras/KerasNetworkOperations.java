package dev.whittle.convert.keras;

import dev.whittle.convert.lower.Convolutions;
import dev.whittle.convert.lower.Emitter;
import dev.whittle.convert.lower.Normalizations;
import dev.whittle.convert.lower.Pooling;
import dev.whittle.convert.lower.Weights;
import dev.whittle.ir.Value;
import dev.whittle.ir.op.Padding;
import dev.whittle.ir.op.math.LogicalAnd;
import dev.whittle.ir.op.math.Rsqrt;
import dev.whittle.ir.tensor.OperandException;
import dev.whittle.ir.tensor.Tensor;
import dev.whittle.json.Config;
import java.util.Arrays;

/** {@code keras.ops}: pooling, convolution, normalization and attention. */
final class KerasNetworkOperations {
  private KerasNetworkOperations() {}

  static void register(KerasTable table) {
    table.value("MaxPool", call -> pool(call, true));
    table.value("AveragePool", call -> pool(call, false));
    table.value("AdaptiveMaxPool", call -> adaptivePool(call, true));
    table.value("AdaptiveAveragePool", call -> adaptivePool(call, false));
    table.value("Conv", call -> convolution(call, false));
    table.value("DepthwiseConv", call -> convolution(call, true));
    table.value("BatchNorm", KerasNetworkOperations::batchNorm);
    table.value("LayerNorm", KerasNetworkOperations::layerNorm);
    table.value("RMSNorm", KerasNetworkOperations::rmsNorm);
    table.value("DotProductAttention", KerasNetworkOperations::attention);
  }

  // Pooling and convolution.

  private static Value pool(LayerCall call, boolean max) {
    Value x = call.floats();
    int axes = Emitter.rank(x) - 2;
    Config config = call.config();
    int[] sizes = config.integers("pool_size", axes);
    int[] strides = config.has("strides") ? config.integers("strides", axes) : sizes;
    Padding padding = ConvolutionLayers.padding(config);
    return ConvolutionLayers.channelsLast(
        call, x, y -> Pooling.pool(call.emit(), y, sizes, strides, padding, max));
  }

  private static Value adaptivePool(LayerCall call, boolean max) {
    Value x = call.floats();
    int[] outputs = call.config().integers("output_size", Emitter.rank(x) - 2);
    return ConvolutionLayers.channelsLast(
        call, x, y -> Pooling.adaptive(call.emit(), y, outputs, max));
  }

  private static Value convolution(LayerCall call, boolean depthwise) {
    Value x = call.floats();
    Value given = KerasOperations.operand(call, 1, "kernel", x);
    Tensor contents = given.contents();
    if (contents == null) {
      throw OperandException.unsupported("a convolution whose kernel is computed");
    }
    Weights kernel = Weights.of(contents);
    int axes = Emitter.rank(x) - 2;
    var window =
        ConvolutionLayers.window(
            call.config().string("padding", "valid"),
            call.config().integers("strides", axes, 1),
            call.config().integers("dilation_rate", axes, 1));
    return ConvolutionLayers.channelsLast(
        call,
        x,
        y ->
            depthwise
                ? Convolutions.depthwise(call.emit(), y, kernel, null, window, v -> v)
                : Convolutions.convolve(call.emit(), y, kernel, null, window, v -> v));
  }

  // Normalization.

  private static Value batchNorm(LayerCall call) {
    Emitter e = call.emit();
    Value x = call.floats();
    int axis = Emitter.axis(x, call.config().integer("axis", -1));
    int[] dims = new int[Emitter.rank(x) - axis];
    Arrays.fill(dims, 1);
    dims[0] = Emitter.dim(x, axis);
    Value mean = e.reshape(KerasOperations.operand(call, 1, "mean", x), dims);
    Value variance = e.reshape(KerasOperations.operand(call, 2, "variance", x), dims);
    Value offset = call.tensor(3, "offset");
    Value scale = call.tensor(4, "scale");
    Value inverse = e.node(new Rsqrt(), e.add(variance, call.config().real("epsilon", 1e-3)));
    Value factor = scale == null ? inverse : e.mul(inverse, e.reshape(scale, dims));
    Value y = e.mul(e.sub(x, mean), factor);
    return offset == null ? y : e.add(y, e.reshape(offset, dims));
  }

  private static Value layerNorm(LayerCall call) {
    Emitter e = call.emit();
    Value x = call.floats();
    Value gamma = call.tensor(1, "gamma");
    Value beta = call.tensor(2, "beta");
    int[] axes = KerasOperations.axesOrLast(call);
    Value centered = e.sub(x, e.mean(x, true, axes));
    Value y =
        e.mul(
            centered,
            Normalizations.inverseRootMeanSquare(
                e, centered, call.config().real("epsilon", 1e-7), axes));
    y = gamma == null ? y : e.mul(y, gamma);
    return beta == null ? y : e.add(y, beta);
  }

  private static Value rmsNorm(LayerCall call) {
    Emitter e = call.emit();
    Value x = call.floats();
    Value scale = call.tensor(1, "scale");
    float epsilon = call.config().real("epsilon", 1e-7);
    Value inverse =
        Normalizations.inverseRootMeanSquare(e, x, epsilon, KerasOperations.axesOrLast(call));
    Value y = e.mul(x, inverse);
    return scale == null ? y : e.mul(y, scale);
  }

  // Attention.

  /** Operands are {@code [batch, steps, heads, features]}. */
  private static Value attention(LayerCall call) {
    Emitter e = call.emit();
    Value query = e.transpose(KerasOperations.operand(call, 0, "query", null), 0, 2, 1, 3);
    Value key = e.transpose(KerasOperations.operand(call, 1, "key", null), 0, 2, 1, 3);
    Value value = e.transpose(KerasOperations.operand(call, 2, "value", null), 0, 2, 1, 3);
    int features = Emitter.fixedDimension(query, -1);
    Config config = call.config();
    double scale = config.has("scale") ? config.real("scale", 1) : 1 / Math.sqrt(features);
    Value scores = e.mul(e.matmul(query, key, false, true), scale);
    Value bias = call.tensor(3, "bias");
    if (bias != null) {
      scores = e.add(scores, bias);
    }
    Value mask = call.tensor(4, "mask");
    if (config.flag("is_causal", false)) {
      Value causal = AttentionLayers.causal(e, scores);
      mask = mask == null ? causal : e.node(new LogicalAnd(), mask, causal);
    }
    Value weights = AttentionLayers.distribution(e, scores, mask);
    return e.transpose(e.matmul(weights, value, false, false), 0, 2, 1, 3);
  }
}
