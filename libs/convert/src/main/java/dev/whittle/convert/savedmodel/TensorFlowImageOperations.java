package dev.whittle.convert.savedmodel;

import dev.whittle.convert.lower.Colors;
import dev.whittle.convert.lower.Convolutions;
import dev.whittle.convert.lower.Crops;
import dev.whittle.convert.lower.Emitter;
import dev.whittle.convert.lower.Indexing;
import dev.whittle.convert.lower.ResizeMatrix;
import dev.whittle.convert.lower.Resizing;
import dev.whittle.convert.lower.Windows;
import dev.whittle.ir.Op;
import dev.whittle.ir.Value;
import dev.whittle.ir.op.image.ResizeBilinear;
import dev.whittle.ir.op.image.ResizeNearestNeighbor;
import dev.whittle.ir.tensor.OperandException;
import dev.whittle.ir.tensor.Tensor;
import dev.whittle.ir.tensor.TensorType;
import java.util.Arrays;
import java.util.List;

/** Resizing of images, contrast, and image patches. */
final class TensorFlowImageOperations {
  private static final float SCALE_TOLERANCE = 1e-5f;

  private TensorFlowImageOperations() {}

  static void register(TensorFlowOperations table) {
    table.single("ResizeBilinear", call -> resize(call, floats(call), ResizeBilinear::new));
    table.single(
        "ResizeNearestNeighbor", call -> resize(call, call.x(), ResizeNearestNeighbor::new));
    table.single("ResizeBicubic", call -> byMatrices(call, "bicubic", true));
    table.single("ResizeArea", call -> byMatrices(call, "area", false));
    table.single("ScaleAndTranslate", TensorFlowImageOperations::scale);
    table.single("ExtractImagePatches", TensorFlowImageOperations::patches);
    table.single("CropAndResize", TensorFlowImageOperations::crop);
    table.single("Dilation2D", TensorFlowImageOperations::dilate);
    table.put("MaxPoolWithArgmax", TensorFlowImageOperations::maxPoolWithPlaces);
    table.single("RGBToHSV", call -> Colors.toHsv(call.emit(), call.x()));
    table.single("HSVToRGB", call -> Colors.toRgb(call.emit(), call.x()));
    table.single("AdjustHue", call -> Colors.adjustHue(call.emit(), call.x(), call.value(1)));
    table.single(
        "AdjustSaturation", call -> Colors.adjustSaturation(call.emit(), call.x(), call.value(1)));
    table.single(
        "AdjustContrastv2",
        call -> {
          Emitter emit = call.emit();
          Value x = call.x();
          int rank = Emitter.rank(x);
          Value mean = emit.mean(x, true, rank - 3, rank - 2);
          return emit.add(emit.mul(emit.sub(x, mean), call.value(1)), mean);
        });
  }

  /** Creates a resizing operator. */
  private interface Sampling {
    Op of(boolean alignCorners, boolean halfPixelCenters);
  }

  /** Returns the images as floats, which interpolation gives of images of any type. */
  private static Value floats(OperationCall call) {
    return call.emit().cast(call.x(), TensorType.FLOAT32);
  }

  private static Value resize(OperationCall call, Value x, Sampling op) {
    boolean alignCorners = call.node().flag("align_corners", false);
    boolean halfPixelCenters = call.node().flag("half_pixel_centers", false);
    return call.emit().node(op.of(alignCorners, halfPixelCenters), x, call.narrow(1));
  }

  private static Value byMatrices(OperationCall call, String method, boolean needsHalfPixels) {
    boolean halfPixels = call.node().flag("half_pixel_centers", false);
    if (call.node().flag("align_corners", false) || (needsHalfPixels && !halfPixels)) {
      throw OperandException.unsupported(
          "resizing other than with pixel centers at halves: use tf.image.resize");
    }
    int[] size = call.integers(1);
    return Resizing.resize(call.emit(), call.x(), size[0], size[1], method, false);
  }

  /** Lowers the use by {@code tf.image.resize}: a scale given by the sizes, no translation. */
  private static Value scale(OperationCall call) {
    int[] size = call.integers(1);
    float[] scale = numbers(call, 2);
    float[] translation = numbers(call, 3);
    Value x = call.x();
    for (int i = 0; i < 2; i++) {
      float expected = (float) size[i] / Emitter.fixedDimension(x, i + 1);
      if (Math.abs(scale[i] - expected) > SCALE_TOLERANCE * expected || translation[i] != 0) {
        throw OperandException.unsupported("scaling by another factor than the ratio of the sizes");
      }
    }
    String kernel = call.node().text("kernel_type", "lanczos3");
    boolean antialias = call.node().flag("antialias", true);
    return Resizing.byMatrices(
        call.emit(),
        call.emit().cast(x, TensorType.FLOAT32),
        ResizeMatrix.ofKernel(kernel, Emitter.dim(x, 1), size[0], antialias),
        ResizeMatrix.ofKernel(kernel, Emitter.dim(x, 2), size[1], antialias),
        size[0],
        size[1]);
  }

  private static float[] numbers(OperationCall call, int input) {
    Tensor contents = call.value(input).contents();
    if (contents == null || contents.elements() != 2) {
      throw OperandException.unsupported("input %d that is computed", input);
    }
    return new float[] {contents.getFloat(0), contents.getFloat(1)};
  }

  private static Value crop(OperationCall call) {
    int[] size = call.integers(3);
    if (size.length != 2 || size[0] < 1 || size[1] < 1) {
      throw OperandException.invalid("crops of the size %s", Arrays.toString(size));
    }
    String method = call.node().text("method", "bilinear");
    if (!method.equals("bilinear") && !method.equals("nearest")) {
      throw OperandException.unsupported("the method '%s'; use bilinear or nearest", method);
    }
    return Crops.cropAndResize(
        call.emit(),
        call.x(),
        call.value(1),
        call.narrow(2),
        size[0],
        size[1],
        method.equals("nearest"),
        call.node().real("extrapolation_value", 0));
  }

  private static Value dilate(OperationCall call) {
    int[] strides = call.node().integers("strides", 4, 1);
    int[] rates = call.node().integers("rates", 4, 1);
    Value x = call.x();
    Value filter = call.value(1);
    var window =
        new Convolutions.Window(
            TensorFlowNetworkOperations.padding(call),
            new int[] {strides[1], strides[2]},
            new int[] {rates[1], rates[2]});
    int[] taps = {Emitter.fixedDimension(filter, 0), Emitter.fixedDimension(filter, 1)};
    var windows =
        new Windows(
            call.emit(),
            Emitter.fixedDimension(x, 1),
            Emitter.fixedDimension(x, 2),
            taps,
            window,
            new int[] {rates[1], rates[2]});
    return windows.dilate(x, filter);
  }

  private static List<Item> maxPoolWithPlaces(OperationCall call) {
    Emitter emit = call.emit();
    Value x = call.x();
    Windows windows =
        TensorFlowGradientOperations.poolWindow(
            call, Emitter.fixedDimension(x, 1), Emitter.fixedDimension(x, 2));
    Windows.Largest largest = windows.maxPoolWithPlaces(x);
    Value places = largest.places();
    if (call.node().flag("include_batch_in_index", false)) {
      int image = 1;
      for (int axis = 1; axis < 4; axis++) {
        image = Math.multiplyExact(image, Emitter.dim(x, axis));
      }
      Value first = emit.mul(Indexing.range(emit, x, 0), image);
      places = emit.add(places, emit.reshape(first, -1, 1, 1, 1));
    }
    TensorType type = DataTypes.type(call.node().type("Targmax", 9));
    return List.of(Item.of(largest.values()), Item.of(emit.cast(places, type)));
  }

  private static Value patches(OperationCall call) {
    int[] sizes = call.node().integers("ksizes", 4, 1);
    int[] strides = call.node().integers("strides", 4, 1);
    int[] rates = call.node().integers("rates", 4, 1);
    var window =
        new Convolutions.Window(
            TensorFlowNetworkOperations.padding(call),
            new int[] {strides[1], strides[2]},
            new int[] {rates[1], rates[2]});
    return Convolutions.patches(call.emit(), call.x(), new int[] {sizes[1], sizes[2]}, window);
  }
}
