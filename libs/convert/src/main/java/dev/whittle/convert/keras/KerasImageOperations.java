package dev.whittle.convert.keras;

import dev.whittle.convert.lower.Emitter;
import dev.whittle.convert.lower.Resizing;
import dev.whittle.ir.Value;
import dev.whittle.ir.op.shape.DepthToSpace;
import dev.whittle.ir.op.shape.SpaceToDepth;
import dev.whittle.json.Config;
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
