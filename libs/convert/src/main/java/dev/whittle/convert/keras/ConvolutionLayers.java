package dev.whittle.convert.keras;

import dev.whittle.convert.keras.file.LayerWeights;
import dev.whittle.convert.lower.Convolutions;
import dev.whittle.convert.lower.Emitter;
import dev.whittle.convert.lower.Weights;
import dev.whittle.ir.Value;
import dev.whittle.ir.op.Padding;
import dev.whittle.ir.tensor.OperandException;
import dev.whittle.ir.tensor.Tensor;
import dev.whittle.json.Config;
import java.util.function.UnaryOperator;
import org.jspecify.annotations.Nullable;

/** {@code keras.layers}: convolutions. */
final class ConvolutionLayers {
  private ConvolutionLayers() {}

  static void register(KerasTable table) {
    for (int axes = 1; axes <= 3; axes++) {
      int n = axes;
      table.value("Conv" + n + "D", call -> convolution(call, n));
      table.value("Convolution" + n + "D", call -> convolution(call, n));
      table.value("Conv" + n + "DTranspose", call -> transposed(call, n));
      table.value("Convolution" + n + "DTranspose", call -> transposed(call, n));
    }
    for (int axes = 1; axes <= 2; axes++) {
      int n = axes;
      table.value("DepthwiseConv" + n + "D", call -> depthwise(call, n));
      table.value("SeparableConv" + n + "D", call -> separable(call, n));
      table.value("SeparableConvolution" + n + "D", call -> separable(call, n));
    }
  }

  static Convolutions.Window window(Config config, int axes) {
    return window(
        config.string("padding", "valid"),
        positive(config, "strides", axes),
        positive(config, "dilation_rate", axes));
  }

  /**
   * @param padding {@code same}, {@code valid} or {@code causal}
   */
  static Convolutions.Window window(String padding, int[] strides, int[] dilations) {
    return padding.equals("causal")
        ? Convolutions.Window.causal(strides, dilations)
        : new Convolutions.Window(padding(padding), strides, dilations);
  }

  /** Returns the padding that a configuration states, without the causal one. */
  static Padding padding(Config config) {
    return padding(config.string("padding", "valid"));
  }

  private static Padding padding(String name) {
    return switch (name) {
      case "same" -> Padding.SAME;
      case "valid" -> Padding.VALID;
      default -> throw OperandException.unsupported("padding '%s'", name);
    };
  }

  private static int[] positive(Config config, String key, int axes) {
    int[] values = config.integers(key, axes, 1);
    for (int value : values) {
      if (value < 1) {
        throw config.malformed(key, "integers from 1");
      }
    }
    return values;
  }

  /** Applies work on a tensor with channels last, whatever the layer's layout is. */
  static Value channelsLast(LayerCall call, Value x, UnaryOperator<Value> work) {
    Emitter emit = call.emit();
    return call.channelsFirst()
        ? emit.channelsFirst(work.apply(emit.channelsLast(x)))
        : work.apply(x);
  }

  private static int[] dims(int[] taps, int... channels) {
    int[] dims = java.util.Arrays.copyOf(taps, taps.length + channels.length);
    System.arraycopy(channels, 0, dims, taps.length, channels.length);
    return dims;
  }

  /** Applies the activation to outputs with channels last, along the axis that Keras has last. */
  private static Value activation(LayerCall call, Value y) {
    Emitter emit = call.emit();
    String name = Activations.name(call.config().get("activation"));
    return call.channelsFirst() && Activations.isAlongAnAxis(name)
        ? emit.channelsLast(Activations.apply(emit, name, emit.channelsFirst(y)))
        : Activations.apply(emit, name, y);
  }

  private static Value convolution(LayerCall call, int axes) {
    return channelsLast(
        call,
        call.floats(),
        x -> {
          Config config = call.config();
          int groups = config.integer("groups", 1);
          int filters = config.integer("filters");
          int channels = Convolutions.channels(x);
          if (groups < 1 || channels % groups != 0) {
            throw OperandException.invalid("%d groups of %d channels", groups, channels);
          }
          Tensor kernel =
              call.weights()
                  .next(
                      "kernel",
                      dims(config.integers("kernel_size", axes), channels / groups, filters));
          Value bias = CoreLayers.bias(call, "bias", filters);
          return Convolutions.convolve(
              call.emit(),
              x,
              Weights.of(call.weights().withLowRankUpdate(config, "kernel", kernel)),
              bias,
              window(config, axes),
              y -> activation(call, y));
        });
  }

  private static Value transposed(LayerCall call, int axes) {
    return channelsLast(
        call,
        call.floats(),
        x -> {
          Config config = call.config();
          int filters = config.integer("filters");
          int[] taps = config.integers("kernel_size", axes);
          Tensor kernel =
              call.weights().next("kernel", dims(taps, filters, Convolutions.channels(x)));
          Value bias = CoreLayers.bias(call, "bias", filters);
          int @Nullable [] outputPadding =
              config.has("output_padding") ? config.integers("output_padding", axes) : null;
          return Convolutions.transposed(
              call.emit(),
              x,
              Weights.of(kernel),
              bias,
              window(config, axes),
              outputPadding,
              y -> activation(call, y));
        });
  }

  private static Value depthwise(LayerCall call, int axes) {
    return channelsLast(
        call,
        call.floats(),
        x -> {
          Config config = call.config();
          int channels = Convolutions.channels(x);
          int multiplier = config.integer("depth_multiplier", 1);
          int[] taps = config.integers("kernel_size", axes);
          // Keras 2 calls the weight "depthwise_kernel".
          Tensor kernel = call.weights().nextOrNull("kernel");
          if (kernel == null) {
            kernel =
                new LayerWeights(call.weights().scope(), call.describe())
                    .next("depthwise_kernel", dims(taps, channels, multiplier));
          }
          Tensor checked = check(kernel, dims(taps, channels, multiplier));
          Value bias = CoreLayers.bias(call, "bias", channels * multiplier);
          return Convolutions.depthwise(
              call.emit(),
              x,
              Weights.of(checked),
              bias,
              window(config, axes),
              y -> activation(call, y));
        });
  }

  private static Tensor check(Tensor kernel, int[] dims) {
    if (!java.util.Arrays.equals(kernel.dims(), dims)) {
      throw OperandException.invalid(
          "its kernel has the shape %s; its configuration implies %s",
          kernel.shape(), Emitter.shape(dims));
    }
    return kernel;
  }

  private static Value separable(LayerCall call, int axes) {
    return channelsLast(
        call,
        call.floats(),
        x -> {
          Config config = call.config();
          int channels = Convolutions.channels(x);
          int multiplier = config.integer("depth_multiplier", 1);
          int filters = config.integer("filters");
          int[] taps = config.integers("kernel_size", axes);
          int[] single = new int[axes];
          java.util.Arrays.fill(single, 1);
          Tensor depthwise =
              call.weights().next("depthwise_kernel", dims(taps, channels, multiplier));
          Tensor pointwise =
              call.weights().next("pointwise_kernel", dims(single, channels * multiplier, filters));
          Value bias = CoreLayers.bias(call, "bias", filters);
          var points = new Convolutions.Window(Padding.VALID, single, single);
          Value between =
              Convolutions.depthwise(
                  call.emit(), x, Weights.of(depthwise), null, window(config, axes), y -> y);
          return Convolutions.convolve(
              call.emit(), between, Weights.of(pointwise), bias, points, y -> activation(call, y));
        });
  }
}
