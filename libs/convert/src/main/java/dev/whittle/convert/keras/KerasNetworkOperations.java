package dev.whittle.convert.keras;

import dev.whittle.convert.lower.Emitter;
import dev.whittle.convert.lower.Resizing;
import dev.whittle.ir.Value;
import dev.whittle.ir.op.activation.LeakyRelu;
import dev.whittle.ir.op.index.TopKV2;
import dev.whittle.ir.tensor.OperandException;
import dev.whittle.ir.tensor.Tensor;
import dev.whittle.json.Config;
import java.util.List;
import java.util.function.UnaryOperator;

/** {@code keras.ops}: activations, pools, convolutions, pictures. */
final class KerasNetworkOperations {
  private KerasNetworkOperations() {}

  static void register(Layers table) {
    registerActivations(table);
    registerOthers(table);
  }

  private static void registerActivations(Layers table) {
    for (String name :
        List.of(
            "Relu",
            "Relu6",
            "Sigmoid",
            "Tanh",
            "Softplus",
            "Softsign",
            "Silu",
            "Selu",
            "LogSigmoid",
            "HardSigmoid",
            "HardSilu",
            "HardTanh",
            "TanhShrink",
            "SparsePlus",
            "SparseSigmoid",
            "Mish")) {
      KerasElementwiseOperations.each(
          table, name, (e, x) -> Activations.apply(e, WeightKeys.snakeCase(name), x));
    }
    table.value(
        "ReLU",
        call -> {
          Config config = call.config();
          Float max = config.has("max_value") ? Float.valueOf(config.real("max_value", 0)) : null;
          return Activations.relu(
              call.emit(),
              call.floats(),
              config.real("negative_slope", 0),
              max,
              config.real("threshold", 0));
        });
    table.value(
        "LeakyRelu",
        call ->
            call.emit()
                .node(new LeakyRelu(call.config().real("negative_slope", 0.2)), call.floats()));
    with(table, "Elu", "alpha", 1, Activations::elu);
    with(table, "Celu", "alpha", 1, Activations::celu);
    with(table, "SoftShrink", "threshold", 0.5, Activations::softShrink);
    with(table, "HardShrink", "threshold", 0.5, Activations::hardShrink);
    with(table, "Squareplus", "b", 4, Activations::squareplus);
    table.value(
        "Threshold",
        call ->
            Activations.threshold(
                call.emit(),
                call.floats(),
                call.config().real("threshold", 0),
                call.config().real("default_value", 0)));
    table.value(
        "Gelu",
        call ->
            call.emit()
                .node(
                    new dev.whittle.ir.op.activation.Gelu(call.config().flag("approximate", true)),
                    call.floats()));
    along(table, "Softmax", Activations::softmax);
    along(table, "LogSoftmax", Activations::logSoftmax);
    along(table, "Glu", Activations::glu);
    along(table, "Sparsemax", Activations::sparsemax);
  }

  /** An activation with a number. */
  @FunctionalInterface
  private interface Numbered {
    Value apply(Emitter emit, Value x, float number);
  }

  private static void with(
      Layers table, String name, String key, double ifMissing, Numbered function) {
    table.value(
        name,
        call -> function.apply(call.emit(), call.floats(), call.config().real(key, ifMissing)));
  }

  /** An activation along an axis. */
  @FunctionalInterface
  private interface Along {
    Value apply(Emitter emit, Value x, int axis);
  }

  private static void along(Layers table, String name, Along function) {
    table.value(
        name,
        call -> {
          Emitter e = call.emit();
          Value x = call.floats();
          if (call.config().keys().contains("axis") && !call.config().has("axis")) {
            // Over all elements.
            Value flat = function.apply(e, e.reshape(x, -1), -1);
            return e.node(new dev.whittle.ir.op.shape.Reshape(), flat, e.shapeOf(x));
          }
          return function.apply(e, x, call.config().integer("axis", -1));
        });
  }

  private static void registerOthers(Layers table) {
    table.put(
        "TopK",
        call -> {
          List<Value> found =
              call.emit()
                  .nodes(
                      2,
                      new TopKV2(),
                      KerasOperations.x(call),
                      call.emit().scalar(call.config().integer("k")));
          return new Argument.OfList(found.stream().map(Argument::of).toList());
        });
    table.value(
        "OneHot",
        call ->
            Lookups.oneHot(
                call.emit(),
                PreprocessingLayers.indices(call.emit(), KerasOperations.x(call)),
                call.config().integer("num_classes"),
                call.config().integer("axis", -1)));
    table.value(
        "MultiHot",
        call ->
            Lookups.encode(
                call.emit(),
                KerasOperations.x(call),
                "multi_hot",
                call.config().integer("num_classes"),
                null));
    table.value("MaxPool", call -> pool(call, true));
    table.value("AveragePool", call -> pool(call, false));
    table.value("AdaptiveMaxPool", call -> adaptivePool(call, true));
    table.value("AdaptiveAveragePool", call -> adaptivePool(call, false));
    table.value("Resize", KerasNetworkOperations::resize);
    table.value("Conv", call -> convolution(call, false));
    table.value("DepthwiseConv", call -> convolution(call, true));
    table.value("LayerNorm", call -> layerNorm(call));
    table.value(
        "RMSNorm",
        call -> {
          Emitter e = call.emit();
          Value x = call.floats();
          Value scale = call.tensor(1, "scale");
          int[] axes =
              KerasOperations.axes(call, "axis") == null
                  ? new int[] {-1}
                  : call.config().integers("axis");
          Value y =
              e.mul(
                  x,
                  NormalizationLayers.inverseRoot(e, x, call.config().real("epsilon", 1e-7), axes));
          return scale == null ? y : e.mul(y, scale);
        });
    table.value(
        "RGBToGrayscale",
        call ->
            ConvolutionLayers.channelsLast(
                call,
                call.floats(),
                x ->
                    call.emit()
                        .sum(
                            call.emit()
                                .mul(
                                    x,
                                    call.emit()
                                        .constant(
                                            "weights", new float[] {0.2989f, 0.587f, 0.114f}, 3)),
                            true,
                            -1)));
  }

  private static Value layerNorm(LayerCall call) {
    Emitter e = call.emit();
    Value x = call.floats();
    Value gamma = call.tensor(1, "gamma");
    Value beta = call.tensor(2, "beta");
    int[] axes = call.config().has("axis") ? call.config().integers("axis") : new int[] {-1};
    Value centered = e.sub(x, e.mean(x, true, axes));
    Value y =
        e.mul(
            centered,
            NormalizationLayers.inverseRoot(
                e, centered, call.config().real("epsilon", 1e-7), axes));
    y = gamma == null ? y : e.mul(y, gamma);
    return beta == null ? y : e.add(y, beta);
  }

  private static Value pool(LayerCall call, boolean max) {
    Value x = call.floats();
    int axes = x.shape().rank() - 2;
    Config config = call.config();
    int[] sizes = config.integers("pool_size", axes);
    int[] strides = config.has("strides") ? config.integers("strides", axes) : sizes;
    String padding = config.string("padding", "valid");
    return ConvolutionLayers.channelsLast(
        call, x, y -> PoolingLayers.pool(call.emit(), y, sizes, strides, padding, max));
  }

  private static Value adaptivePool(LayerCall call, boolean max) {
    Value x = call.floats();
    int[] outputs = call.config().integers("output_size", x.shape().rank() - 2);
    return ConvolutionLayers.channelsLast(
        call, x, y -> PoolingLayers.adaptive(call.emit(), y, outputs, max));
  }

  private static Value resize(LayerCall call) {
    Config config = call.config();
    int[] size = config.integers("size", 2);
    Resizing.Fit fit =
        config.flag("crop_to_aspect_ratio", false)
            ? Resizing.Fit.CROP
            : config.flag("pad_to_aspect_ratio", false) ? Resizing.Fit.PAD : Resizing.Fit.STRETCH;
    UnaryOperator<Value> work =
        x ->
            Resizing.fit(
                call.emit(),
                x,
                size[0],
                size[1],
                config.string("interpolation", "bilinear"),
                config.flag("antialias", false),
                fit,
                config.real("fill_value", 0));
    Value x = KerasOperations.x(call);
    if (x.shape().rank() == 3) {
      return call.emit().squeeze(work.apply(call.emit().expandDims(x, 0)), 0);
    }
    return ConvolutionLayers.channelsLast(call, x, work::apply);
  }

  private static Value convolution(LayerCall call, boolean depthwise) {
    Value x = call.floats();
    Value given = KerasOperations.operand(call, 1, "kernel", x);
    Tensor kernel = given.contents();
    if (kernel == null) {
      throw OperandException.unsupported("a convolution whose kernel is computed");
    }
    int axes = x.shape().rank() - 2;
    var window =
        new Convolutions.Window(
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
}
