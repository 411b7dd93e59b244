package dev.whittle.convert.lower;

import dev.whittle.ir.Op;
import dev.whittle.ir.Value;
import dev.whittle.ir.op.Activation;
import dev.whittle.ir.op.Padding;
import dev.whittle.ir.op.nn.AveragePool2D;
import dev.whittle.ir.op.nn.MaxPool2D;
import dev.whittle.ir.tensor.OperandException;
import dev.whittle.ir.tensor.Shape;
import java.util.Arrays;

/** Pools over the spatial axes of tensors with channels last. Paddings: 0 same, 1 valid. */
public final class Pooling {
  private Pooling() {}

  /** Pools {@code [batch, height, width, channels]}. */
  public static Value images(
      Emitter emit, Value x, int[] sizes, int[] strides, Padding padding, boolean max) {
    return emit.node(op(padding, strides[0], strides[1], sizes[0], sizes[1], max), x);
  }

  private static Op op(
      Padding padding, int strideHeight, int strideWidth, int height, int width, boolean max) {
    return max
        ? new MaxPool2D(padding, strideWidth, strideHeight, width, height, Activation.NONE)
        : new AveragePool2D(padding, strideWidth, strideHeight, width, height, Activation.NONE);
  }

  /**
   * Pools {@code [batch, depth, height, width, channels]}: pictures first, depth after, since all
   * windows at one depth have the same number of elements.
   */
  public static Value volumes(
      Emitter emit, Value x, int[] sizes, int[] strides, Padding padding, boolean max) {
    int[] dims = x.shape().toArray();
    if (Arrays.stream(dims).skip(1).anyMatch(d -> d == Shape.DYNAMIC)) {
      throw OperandException.unsupported(
          "pooling a volume of unknown extents %s; fix them with --input_shape", x.shape());
    }
    Value images = emit.reshape(x, -1, dims[2], dims[3], dims[4]);
    Value flat = emit.node(op(padding, strides[1], strides[2], sizes[1], sizes[2], max), images);
    int height = flat.shape().dim(1);
    int width = flat.shape().dim(2);
    Value columns = emit.reshape(flat, -1, dims[1], height * width, dims[4]);
    Value deep = emit.node(op(padding, strides[0], 1, sizes[0], 1, max), columns);
    int batch = dims[0] == Shape.DYNAMIC ? -1 : dims[0];
    return emit.reshape(deep, batch, deep.shape().dim(1), height, width, dims[4]);
  }
}
