package dev.whittle.convert.savedmodel;

import dev.whittle.convert.lower.Emitter;
import dev.whittle.convert.lower.ResizeMatrix;
import dev.whittle.convert.lower.Resizing;
import dev.whittle.ir.Op;
import dev.whittle.ir.Value;
import dev.whittle.ir.op.Activation;
import dev.whittle.ir.op.image.ResizeBilinear;
import dev.whittle.ir.op.image.ResizeNearestNeighbor;
import dev.whittle.ir.op.nn.Conv2D;
import dev.whittle.ir.tensor.OperandException;
import dev.whittle.ir.tensor.Tensor;
import dev.whittle.ir.tensor.TensorType;

/** Resizing of images, contrast, and image patches. */
final class TensorFlowImageOperations {
  private static final float SCALE_TOLERANCE = 1e-5f;

  private TensorFlowImageOperations() {}

  static void register(TensorFlowOperations table) {
    table.single("ResizeBilinear", call -> resize(call, ResizeBilinear::new));
    table.single("ResizeNearestNeighbor", call -> resize(call, ResizeNearestNeighbor::new));
    table.single("ResizeBicubic", call -> byMatrices(call, "bicubic", true));
    table.single("ResizeArea", call -> byMatrices(call, "area", false));
    table.single("ScaleAndTranslate", TensorFlowImageOperations::scale);
    table.single("ExtractImagePatches", TensorFlowImageOperations::patches);
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

  private static Value resize(OperationCall call, Sampling op) {
    boolean alignCorners = call.node().flag("align_corners", false);
    boolean halfPixelCenters = call.node().flag("half_pixel_centers", false);
    return call.emit().node(op.of(alignCorners, halfPixelCenters), call.x(), call.narrow(1));
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

  /** Lowers to a convolution, each filter of which selects one element of the patch. */
  private static Value patches(OperationCall call) {
    Emitter emit = call.emit();
    int[] size = call.node().integers("ksizes", 4, 1);
    int[] strides = call.node().integers("strides", 4, 1);
    int[] rates = call.node().integers("rates", 4, 1);
    int channels = Emitter.fixedDimension(call.x(), 3);
    int numbers = Math.multiplyExact(Math.multiplyExact(size[1], size[2]), channels);
    Emitter.checkGenerated((long) numbers * numbers);
    Tensor filters = Tensor.allocate(TensorType.FLOAT32, numbers, size[1], size[2], channels);
    for (int i = 0; i < numbers; i++) {
      filters.setFloat((long) i * numbers + i, 1);
    }
    return emit.node(
        new Conv2D(
            TensorFlowNetworkOperations.padding(call),
            strides[2],
            strides[1],
            Activation.NONE,
            rates[2],
            rates[1],
            TensorType.FLOAT32),
        call.x(),
        emit.constant("patches", filters),
        emit.constant("bias", new float[numbers], numbers));
  }
}
