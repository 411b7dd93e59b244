package dev.whittle.convert.keras;

import dev.whittle.convert.lower.Colors;
import dev.whittle.convert.lower.Convolutions;
import dev.whittle.convert.lower.Emitter;
import dev.whittle.convert.lower.Resizing;
import dev.whittle.convert.lower.Weights;
import dev.whittle.ir.Value;
import dev.whittle.ir.op.Padding;
import dev.whittle.ir.op.shape.DepthToSpace;
import dev.whittle.ir.op.shape.SpaceToDepth;
import dev.whittle.ir.tensor.Tensor;
import dev.whittle.ir.tensor.TensorType;
import dev.whittle.json.Config;
import java.util.Arrays;
import java.util.function.BiFunction;
import java.util.function.UnaryOperator;
import org.jspecify.annotations.Nullable;

/** {@code keras.ops}: image size, color and blocks of pixels. */
final class KerasImageOperations {
  private static final float[] LUMINANCE = {0.2989f, 0.587f, 0.114f};

  private KerasImageOperations() {}

  static void register(KerasTable table) {
    table.value("Resize", KerasImageOperations::resize);
    table.value("CropImages", KerasImageOperations::cropImages);
    table.value("PadImages", KerasImageOperations::padImages);
    table.value("RGBToGrayscale", KerasImageOperations::toGrayscale);
    table.value("RGBToHSV", call -> recolored(call, Colors::toHsv));
    table.value("HSVToRGB", call -> recolored(call, Colors::toRgb));
    table.value("GaussianBlur", KerasImageOperations::gaussianBlur);
    table.value("ExtractPatches", KerasImageOperations::patches);
    table.value("DepthToSpace", KerasImageOperations::depthToSpace);
    table.value("SpaceToDepth", KerasImageOperations::spaceToDepth);
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
    if (Emitter.rank(x) == 3) {
      return call.emit().squeeze(work.apply(call.emit().expandDims(x, 0)), 0);
    }
    return ConvolutionLayers.channelsLast(call, x, work::apply);
  }

  private static Value toGrayscale(LayerCall call) {
    Emitter e = call.emit();
    return ConvolutionLayers.channelsLast(
        call,
        call.floats(),
        x -> e.sum(e.mul(x, e.constant("weights", LUMINANCE, LUMINANCE.length)), true, -1));
  }

  private static Value recolored(LayerCall call, BiFunction<Emitter, Value, Value> function) {
    return ConvolutionLayers.channelsLast(call, call.floats(), x -> function.apply(call.emit(), x));
  }

  /** Applies a function of a batch of images with channels last to a batch, or to one image. */
  private static Value onBatch(LayerCall call, UnaryOperator<Value> function) {
    Value x = call.floats();
    Emitter e = call.emit();
    boolean single = Emitter.rank(x) == 3;
    Value batch = single ? e.expandDims(x, 0) : x;
    Value y = ConvolutionLayers.channelsLast(call, batch, function::apply);
    return single ? e.squeeze(y, 0) : y;
  }

  /** A depthwise convolution; sizes and deviations are those of columns, then of rows. */
  private static Value gaussianBlur(LayerCall call) {
    int[] sizes = call.config().integers("kernel_size", 2);
    float[] deviations = call.config().reals("sigma");
    if (deviations.length != 2) {
      throw call.config().malformed("sigma", "two numbers");
    }
    double[] columns = bell(sizes[0], deviations[0]);
    double[] rows = bell(sizes[1], deviations[1]);
    var window = new Convolutions.Window(Padding.SAME, new int[] {1, 1}, new int[] {1, 1});
    return onBatch(
        call,
        x -> {
          int channels = Emitter.fixedDimension(x, -1);
          Tensor kernel = Tensor.allocate(TensorType.FLOAT32, sizes[0], sizes[1], channels, 1);
          for (int i = 0; i < sizes[0] * sizes[1] * channels; i++) {
            int place = i / channels;
            double weight = rows[place / sizes[0]] * columns[place % sizes[0]];
            kernel.setFloat(i, (float) weight);
          }
          return Convolutions.depthwise(
              call.emit(), x, Weights.of(kernel), null, window, UnaryOperator.identity());
        });
  }

  private static double[] bell(int size, double deviation) {
    double[] weights = new double[size];
    double sum = 0;
    for (int i = 0; i < size; i++) {
      double distance = (i - (size - 1) / 2.0) / deviation;
      weights[i] = Math.exp(-0.5 * distance * distance);
      sum += weights[i];
    }
    double total = sum;
    return Arrays.stream(weights).map(w -> w / total).toArray();
  }

  private static Value patches(LayerCall call) {
    Config config = call.config();
    int axes = config.integers("size").length == 3 ? 3 : 2;
    int[] sizes = config.integers("size", axes);
    int[] strides = config.has("strides") ? config.integers("strides", axes) : sizes;
    var window =
        ConvolutionLayers.window(
            config.string("padding", "valid"), strides, config.integers("dilation_rate", axes, 1));
    return onBatch(call, x -> Convolutions.patches(call.emit(), x, sizes, window));
  }

  private static Value depthToSpace(LayerCall call) {
    var op = new DepthToSpace(call.config().integer("block_size"));
    return ConvolutionLayers.channelsLast(
        call, KerasOperations.x(call), x -> call.emit().node(op, x));
  }

  private static Value spaceToDepth(LayerCall call) {
    var op = new SpaceToDepth(call.config().integer("block_size"));
    return ConvolutionLayers.channelsLast(
        call, KerasOperations.x(call), x -> call.emit().node(op, x));
  }

  // Cropping and padding.

  private static @Nullable Integer number(Config config, String key) {
    return config.has(key) ? Integer.valueOf(config.integer(key)) : null;
  }

  /** Returns the margins before and after, from both, or from one or none and a target size. */
  private static int[] margins(
      @Nullable Integer before, @Nullable Integer after, @Nullable Integer target, int difference) {
    if (before != null && after != null) {
      return new int[] {before, after};
    }
    if (target == null) {
      return new int[] {before == null ? 0 : before, after == null ? 0 : after};
    }
    if (before != null) {
      return new int[] {before, difference - before};
    }
    return after != null
        ? new int[] {difference - after, after}
        : new int[] {difference / 2, difference - difference / 2};
  }

  private static Value cropImages(LayerCall call) {
    Config config = call.config();
    return ConvolutionLayers.channelsLast(
        call,
        KerasOperations.operand(call, 0, "images", null),
        x -> {
          int height = Emitter.fixedDimension(x, 1);
          int width = Emitter.fixedDimension(x, 2);
          Integer targetHeight = number(config, "target_height");
          Integer targetWidth = number(config, "target_width");
          int[] rows =
              margins(
                  number(config, "top_cropping"),
                  number(config, "bottom_cropping"),
                  targetHeight,
                  height - (targetHeight == null ? 0 : targetHeight));
          int[] columns =
              margins(
                  number(config, "left_cropping"),
                  number(config, "right_cropping"),
                  targetWidth,
                  width - (targetWidth == null ? 0 : targetWidth));
          return Resizing.crop(
              call.emit(),
              x,
              rows[0],
              columns[0],
              height - rows[0] - rows[1],
              width - columns[0] - columns[1]);
        });
  }

  private static Value padImages(LayerCall call) {
    Config config = call.config();
    return ConvolutionLayers.channelsLast(
        call,
        KerasOperations.operand(call, 0, "images", null),
        x -> {
          Integer targetHeight = number(config, "target_height");
          Integer targetWidth = number(config, "target_width");
          int[] rows =
              margins(
                  number(config, "top_padding"),
                  number(config, "bottom_padding"),
                  targetHeight,
                  (targetHeight == null ? 0 : targetHeight) - Emitter.fixedDimension(x, 1));
          int[] columns =
              margins(
                  number(config, "left_padding"),
                  number(config, "right_padding"),
                  targetWidth,
                  (targetWidth == null ? 0 : targetWidth) - Emitter.fixedDimension(x, 2));
          return call.emit().pad(x, 0, 0, rows[0], rows[1], columns[0], columns[1], 0, 0);
        });
  }
}
