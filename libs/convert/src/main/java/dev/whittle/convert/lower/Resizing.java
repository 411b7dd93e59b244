package dev.whittle.convert.lower;

import dev.whittle.ir.Value;
import dev.whittle.ir.op.Activation;
import dev.whittle.ir.op.image.ResizeBilinear;
import dev.whittle.ir.op.image.ResizeNearestNeighbor;
import dev.whittle.ir.op.nn.FullyConnected;
import dev.whittle.ir.op.shape.StridedSlice;
import dev.whittle.ir.tensor.OperandException;
import dev.whittle.ir.tensor.Shape;
import dev.whittle.ir.tensor.Tensor;
import dev.whittle.ir.tensor.TensorType;
import java.util.List;

/** Resizing and cropping of images {@code [batch, height, width, channels]}. */
public final class Resizing {
  private Resizing() {}

  /** The handling of an image whose aspect ratio is not that of the target size. */
  public enum Fit {
    STRETCH,
    CROP,
    PAD
  }

  /** Resizes to a fixed size. */
  public static Value resize(
      Emitter emit, Value x, int height, int width, String method, boolean antialias) {
    if (height < 1 || width < 1) {
      throw OperandException.invalid("a size of %d x %d", height, width);
    }
    if (Emitter.dim(x, 1) == height && Emitter.dim(x, 2) == width) {
      return x;
    }
    if (method.equals("nearest") || (method.equals("bilinear") && !antialias)) {
      return resizeTo(emit, x, emit.ints(height, width), method);
    }
    requireKnown(x, method);
    Emitter.checkGenerated((long) Emitter.dim(x, 1) * height);
    Emitter.checkGenerated((long) Emitter.dim(x, 2) * width);
    Value pixels = emit.cast(x, TensorType.FLOAT32);
    return byMatrices(
        emit,
        pixels,
        ResizeMatrix.of(method, Emitter.dim(x, 1), height, antialias),
        ResizeMatrix.of(method, Emitter.dim(x, 2), width, antialias),
        height,
        width);
  }

  private static void requireKnown(Value x, String method) {
    if (Emitter.dim(x, 1) == Shape.DYNAMIC || Emitter.dim(x, 2) == Shape.DYNAMIC) {
      throw OperandException.unsupported(
          "the interpolation '%s' of images of unknown size %s; fix it with --input_shape",
          method, x.shape());
    }
  }

  private static Value resizeTo(Emitter emit, Value x, Value size, String method) {
    return switch (method) {
      case "nearest" -> emit.node(new ResizeNearestNeighbor(false, true), x, size);
      case "bilinear" ->
          emit.node(new ResizeBilinear(false, true), emit.cast(x, TensorType.FLOAT32), size);
      default -> throw OperandException.unsupported("the interpolation '%s'", method);
    };
  }

  /**
   * Resizes by a matrix product along the width, then one along the height.
   *
   * @param vertical {@code [height, height of x]}
   * @param horizontal {@code [width, width of x]}
   */
  public static Value byMatrices(
      Emitter emit, Value x, float[] vertical, float[] horizontal, int height, int width) {
    int inHeight = Emitter.dim(x, 1);
    int inWidth = Emitter.dim(x, 2);
    var product = new FullyConnected(Activation.NONE, true);
    Value rows = emit.transpose(x, 0, 1, 3, 2);
    Value across =
        emit.node(
            product, rows, emit.constant("columns", Tensor.of(horizontal, width, inWidth)), null);
    Value columns = emit.transpose(across, 0, 3, 2, 1);
    Value both =
        emit.node(
            product, columns, emit.constant("rows", Tensor.of(vertical, height, inHeight)), null);
    return emit.transpose(both, 0, 3, 1, 2);
  }

  /** Resizes, with the aspect ratio kept by cropping or padding where {@code fit} says so. */
  public static Value fit(
      Emitter emit,
      Value x,
      int height,
      int width,
      String method,
      boolean antialias,
      Fit fit,
      float fill) {
    if (fit == Fit.STRETCH) {
      return resize(emit, x, height, width, method, antialias);
    }
    requireKnown(x, "with the aspect ratio kept");
    int h = Emitter.dim(x, 1);
    int w = Emitter.dim(x, 2);
    // Rounded as Keras does, in 32-bit floats towards zero.
    int fittingHeight = (int) ((float) (w * height) / width);
    int fittingWidth = (int) ((float) (h * width) / height);
    Value fitted;
    if (fit == Fit.CROP) {
      int cropHeight = Math.max(1, Math.min(h, fittingHeight));
      int cropWidth = Math.max(1, Math.min(w, fittingWidth));
      int top = (int) ((h - cropHeight) / 2f);
      int left = (int) ((w - cropWidth) / 2f);
      fitted = emit.slice(emit.slice(x, 1, top, top + cropHeight), 2, left, left + cropWidth);
    } else {
      int top = (int) ((Math.max(h, fittingHeight) - h) / 2f);
      int left = (int) ((Math.max(w, fittingWidth) - w) / 2f);
      fitted = top == 0 && left == 0 ? x : emit.pad(x, fill, 0, 0, top, top, left, left, 0, 0);
    }
    return resize(emit, fitted, height, width, method, antialias);
  }

  /** Crops each image to a rectangle. */
  public static Value crop(Emitter emit, Value x, int top, int left, int height, int width) {
    if (Emitter.dim(x, 1) == height && Emitter.dim(x, 2) == width) {
      return x;
    }
    return emit.node(
        new StridedSlice(1, 1, 0, 0, 0, false),
        x,
        emit.ints(0, top, left),
        emit.ints(0, top + height, left + width),
        emit.ints(1, 1, 1));
  }

  /** Enlarges images by integer factors. */
  public static Value upSample(Emitter emit, Value x, int[] factors, String method) {
    int height = Emitter.dim(x, 1);
    int width = Emitter.dim(x, 2);
    if (height != Shape.DYNAMIC && width != Shape.DYNAMIC) {
      return resize(emit, x, height * factors[0], width * factors[1], method, false);
    }
    Value size =
        emit.mul(
            emit.concat(0, List.of(emit.dimension(x, 1), emit.dimension(x, 2))),
            emit.ints(factors));
    Value larger = resizeTo(emit, x, size, method);
    return emit.narrow(
        larger,
        Emitter.shape(
            Emitter.dim(x, 0),
            height == Shape.DYNAMIC ? height : height * factors[0],
            width == Shape.DYNAMIC ? width : width * factors[1],
            Emitter.dim(x, 3)));
  }
}
