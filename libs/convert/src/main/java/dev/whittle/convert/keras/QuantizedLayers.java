package dev.whittle.convert.keras;

import dev.whittle.convert.keras.file.LayerWeights;
import dev.whittle.convert.lower.ConstantTensors;
import dev.whittle.convert.lower.Einsum;
import dev.whittle.convert.lower.Emitter;
import dev.whittle.convert.lower.Products;
import dev.whittle.convert.lower.ScaledIntegers;
import dev.whittle.ir.Value;
import dev.whittle.ir.tensor.OperandException;
import dev.whittle.ir.tensor.Tensor;
import dev.whittle.json.Config;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.stream.IntStream;
import org.jspecify.annotations.Nullable;

/**
 * Layers that Keras quantized ({@code model.quantize("int8")} or {@code "int4"}). Weights are
 * integers with a scale for each channel or group; activations of 8-bit layers are rounded to
 * integers by their greatest absolute value, and sums are divided by both scales.
 */
final class QuantizedLayers {
  private static final String INT8 = "int8";
  private static final String INT4 = "int4";

  private QuantizedLayers() {}

  /**
   * Returns the mode of a layer that Keras quantized: {@code int8} or {@code int4}; null for other
   * layers.
   *
   * @throws OperandException if the mode is another one
   */
  static @Nullable String mode(Config config) {
    if (!(config.get("dtype") instanceof Map<?, ?> policy)
        || !(policy.get("config") instanceof Map<?, ?> inner)) {
      return null;
    }
    String text = inner.get("mode") instanceof String stated ? stated : "";
    if (text.isEmpty() && String.valueOf(policy.get("class_name")).startsWith("Quantized")) {
      text = KerasImporter.dtypeName(config, "unknown");
    }
    if (text.isEmpty()) {
      return null;
    }
    String mode = text.replaceAll("[/_].*", "");
    if (!mode.equals(INT8) && !mode.equals(INT4)) {
      throw OperandException.unsupported(
          "Keras' own %s quantization; save the model before model.quantize() and let Whittle"
              + " quantize it",
          text);
    }
    return mode;
  }

  /** The rounding of activations that a layer's configuration states. */
  private record ActivationRounding(double low, double high, double epsilon) {
    ScaledIntegers.Quantized apply(Emitter emit, Value x, int... axes) {
      return ScaledIntegers.byAbsoluteMaximum(emit, x, low, high, epsilon, axes);
    }
  }

  /** Returns the rounding of activations; null for none. */
  private static @Nullable ActivationRounding activations(Config config, boolean byDefault) {
    if (!config.has("quantization_config")) {
      return byDefault ? new ActivationRounding(-127, 127, 1e-7) : null;
    }
    Config stated = config.object("quantization_config").object("config");
    if (!stated.has("activation_quantizer")) {
      return null;
    }
    Config quantizer = stated.object("activation_quantizer");
    if (!quantizer.string("class_name").equals("AbsMaxQuantizer")) {
      throw OperandException.unsupported(
          "activations quantized by %s; expected AbsMaxQuantizer", quantizer.string("class_name"));
    }
    Config fields = quantizer.object("config");
    List<?> range = fields.has("value_range") ? fields.list("value_range") : List.of(-127L, 127L);
    if (range.size() != 2
        || !(range.get(0) instanceof Number low)
        || !(range.get(1) instanceof Number high)) {
      throw OperandException.invalid("a value_range %s; expected two numbers", range);
    }
    return new ActivationRounding(
        low.doubleValue(), high.doubleValue(), fields.real("epsilon", 1e-7f));
  }

  private static boolean isGrouped(Config config) {
    if (config.get("dtype") instanceof Map<?, ?> policy
        && policy.get("config") instanceof Map<?, ?> inner
        && inner.get("mode") instanceof String mode
        && mode.contains("/")) {
      return !mode.endsWith("/-1");
    }
    return config.has("quantization_config")
        && config.object("quantization_config").object("config").integer("block_size", -1) > 0;
  }

  private static Value descaled(Emitter emit, Value sums, @Nullable Value scale) {
    return scale == null ? sums : emit.div(sums, scale);
  }

  static Value dense(LayerCall call, String mode) {
    Emitter emit = call.emit();
    Config config = call.config();
    LayerWeights weights = call.weights();
    Value x = call.floats();
    int depth = Emitter.fixedDimension(x, -1);
    int units = config.integer("units");
    boolean is4 = mode.equals(INT4);
    Tensor kernel = weights.next("kernel", depth, is4 ? (units + 1) / 2 : units);
    Value bias = CoreLayers.bias(call, "bias", units);
    Tensor scale =
        weights.next(
            "kernel_scale", is4 && isGrouped(config) ? new int[] {-1, units} : new int[] {units});
    Tensor integers = is4 ? ScaledIntegers.unpacked(kernel, 1, units) : kernel;
    Tensor floats =
        is4 && isGrouped(config)
            ? ScaledIntegers.grouped(
                integers,
                scale,
                weights.next("kernel_zero", -1, units),
                weights.next("g_idx", depth),
                0)
            : ScaledIntegers.divided(integers, scale, 1);
    ActivationRounding activations =
        is4 && isGrouped(config) ? null : activations(config, mode.equals(INT8));
    Value inputScale = null;
    if (activations != null) {
      ScaledIntegers.Quantized quantized = activations.apply(emit, x, -1);
      x = quantized.integers();
      inputScale = quantized.scale();
    }
    Value product = descaled(emit, Products.fullyConnected(emit, x, floats, null), inputScale);
    return Activations.apply(
        emit, config, "activation", bias == null ? product : emit.add(product, bias));
  }

  // Einstein sums.

  static Value einsum(LayerCall call, String mode) {
    Emitter emit = call.emit();
    Config config = call.config();
    Value x = call.floats();
    String equation = config.string("equation").replace(" ", "");
    Labels labels = Labels.of(equation, Emitter.rank(x));
    boolean is4 = mode.equals(INT4);
    ActivationRounding activations = is4 && isGrouped(config) ? null : activations(config, !is4);
    Value inputScale = null;
    if (activations != null) {
      ScaledIntegers.Quantized quantized = activations.apply(emit, x, labels.reduced(labels.input));
      x = quantized.integers();
      inputScale = labels.aligned(emit, quantized.scale());
    }
    Value bias = null;
    Value y;
    if (is4) {
      Tensor packed = call.weights().next("kernel", -1, -1);
      bias = bias(call);
      y =
          Einsum.apply(
              emit,
              equation,
              List.of(x, emit.constant("kernel", unpacked(call, packed, labels, x))));
    } else {
      Tensor kernel = call.weights().next("kernel", unknown(labels.kernel.length()));
      bias = bias(call);
      Tensor scale = call.weights().nextOrNull("kernel_scale");
      if (scale == null) {
        throw OperandException.invalid("the weight 'kernel_scale' is missing");
      }
      Value floats = emit.constant("kernel", ScaledIntegers.floats(kernel));
      y = emit.div(Einsum.apply(emit, equation, List.of(x, floats)), emit.constant("scale", scale));
    }
    y = descaled(emit, y, inputScale);
    return Activations.apply(emit, config, "activation", bias == null ? y : emit.add(y, bias));
  }

  /** Returns the bias of an Einstein sum; null if it has none. */
  static @Nullable Value bias(LayerCall call) {
    if (!call.config().has("bias_axes")) {
      return null;
    }
    Tensor bias = call.weights().nextOrNull("bias");
    if (bias == null) {
      throw OperandException.invalid("the bias is missing");
    }
    return call.emit().constant("bias", bias);
  }

  private static int[] unknown(int rank) {
    int[] dims = new int[rank];
    Arrays.fill(dims, -1);
    return dims;
  }

  /** Returns the kernel of an Einstein sum, stored as a matrix of reduced and kept axes. */
  private static Tensor unpacked(LayerCall call, Tensor packed, Labels labels, Value x) {
    Config config = call.config();
    int[] dims = kernelDims(call, labels, x);
    int rows = 1;
    for (int axis : labels.reduced(labels.kernel)) {
      rows = Math.multiplyExact(rows, dims[axis]);
    }
    int columns = 1;
    for (int dim : dims) {
      columns = Math.multiplyExact(columns, dim);
    }
    columns /= Math.max(1, rows);
    Tensor integers = ScaledIntegers.unpacked(packed, 1, columns);
    LayerWeights weights = call.weights();
    Tensor floats =
        isGrouped(config)
            ? ScaledIntegers.grouped(
                integers,
                weights.next("kernel_scale", -1, columns),
                weights.next("kernel_zero", -1, columns),
                weights.next("g_idx", rows),
                0)
            : ScaledIntegers.divided(integers, weights.next("kernel_scale", columns), 1);
    return new Tensor(floats.type(), dims, null, floats.data());
  }

  private static int[] kernelDims(LayerCall call, Labels labels, Value x) {
    List<?> stated =
        call.config().get("output_shape") instanceof List<?> list
            ? list
            : Arrays.asList(call.config().get("output_shape"));
    int[] dims = new int[labels.kernel.length()];
    for (int i = 0; i < dims.length; i++) {
      char label = labels.kernel.charAt(i);
      int inInput = labels.input.indexOf(label);
      int fromEnd = labels.output.length() - labels.output.indexOf(label);
      if (inInput >= 0) {
        dims[i] = Emitter.fixedDimension(x, inInput);
      } else if (labels.output.indexOf(label) >= 0
          && fromEnd <= stated.size()
          && stated.get(stated.size() - fromEnd) instanceof Long size) {
        dims[i] = Math.toIntExact(size);
      } else {
        throw OperandException.unsupported(
            "a kernel whose axis '%s' no configuration states; save the model before"
                + " model.quantize() and let Whittle quantize it",
            label);
      }
    }
    return dims;
  }

  /** The labels of an equation, with letters in place of an ellipsis. */
  private record Labels(String input, String kernel, String output) {
    static Labels of(String equation, int rank) {
      String input = equation.substring(0, equation.indexOf(','));
      String kernel = equation.substring(equation.indexOf(',') + 1, equation.indexOf("->"));
      String output = equation.substring(equation.indexOf("->") + 2);
      String elided = "";
      for (char c = 'A'; elided.length() < rank - input.replace("...", "").length(); c++) {
        if (equation.indexOf(c) < 0) {
          elided += c;
        }
      }
      return new Labels(input.replace("...", elided), kernel, output.replace("...", elided));
    }

    /** Returns the axes of an operand that are not in the result. */
    int[] reduced(String operand) {
      return IntStream.range(0, operand.length())
          .filter(i -> output.indexOf(operand.charAt(i)) < 0)
          .toArray();
    }

    /** Moves the axes of a scale of the input to those of the result; others have size 1. */
    Value aligned(Emitter emit, Value scale) {
      Value kept = emit.squeeze(scale, reduced(input));
      String left = input;
      for (int axis : reduced(input)) {
        left = left.replace(String.valueOf(input.charAt(axis)), "");
      }
      String order = left;
      int[] permutation =
          output.chars().filter(c -> order.indexOf(c) >= 0).map(order::indexOf).toArray();
      Value moved = emit.transpose(kept, permutation);
      for (int i = 0; i < output.length(); i++) {
        if (order.indexOf(output.charAt(i)) < 0) {
          moved = emit.expandDims(moved, i);
        }
      }
      return moved;
    }
  }

  // Embeddings.

  /** Reads the table of an embedding as floats, {@code [words, width]}. */
  static Tensor table(LayerCall call, String mode, int words, int width) {
    LayerWeights weights = call.weights();
    if (!mode.equals(INT4)) {
      Tensor integers = weights.next("embeddings", words, width);
      return ScaledIntegers.divided(integers, weights.next("embeddings_scale", words), 0);
    }
    Tensor integers =
        ScaledIntegers.unpacked(weights.next("embeddings", words, (width + 1) / 2), 1, width);
    return isGrouped(call.config())
        ? ScaledIntegers.grouped(
            integers,
            weights.next("embeddings_scale", words, -1),
            weights.next("embeddings_zero", words, -1),
            weights.next("g_idx", width),
            1)
        : ScaledIntegers.divided(integers, weights.next("embeddings_scale", words), 0);
  }

  /**
   * Reads the matrix behind the table of an embedding that maps back to words, {@code [words,
   * width]}.
   */
  static Tensor reverseTable(LayerCall call, String mode, int words, int width) {
    LayerWeights weights = call.weights();
    if (!mode.equals(INT4)) {
      Tensor integers = weights.next("reverse_embeddings", width, words);
      Tensor scale = weights.next("reverse_embeddings_scale", words);
      return ConstantTensors.transpose(ScaledIntegers.divided(integers, scale, 1), 1, 0);
    }
    if (isGrouped(call.config())) {
      throw OperandException.unsupported(
          "an inverse embedding of its own with 4-bit groups; save the model before"
              + " model.quantize() and let Whittle quantize it");
    }
    Tensor integers =
        ScaledIntegers.unpacked(
            weights.next("reverse_embeddings", (width + 1) / 2, words), 0, width);
    Tensor scale = weights.next("reverse_embeddings_scale", words);
    return ConstantTensors.transpose(ScaledIntegers.divided(integers, scale, 1), 1, 0);
  }

  /** Maps embeddings to scores of words. */
  static Value scores(LayerCall call, Tensor matrix) {
    Emitter emit = call.emit();
    Value x = call.floats();
    ActivationRounding activations = activations(call.config(), true);
    Value inputScale = null;
    if (activations != null) {
      ScaledIntegers.Quantized quantized = activations.apply(emit, x, -1);
      x = quantized.integers();
      inputScale = quantized.scale();
    }
    Tensor kernel = ConstantTensors.transpose(matrix, 1, 0);
    return descaled(emit, Products.fullyConnected(emit, x, kernel, null), inputScale);
  }
}
