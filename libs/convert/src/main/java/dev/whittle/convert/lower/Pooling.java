package dev.whittle.convert.lower;

import dev.whittle.ir.Op;
import dev.whittle.ir.Value;
import dev.whittle.ir.op.Activation;
import dev.whittle.ir.op.Padding;
import dev.whittle.ir.op.nn.AveragePool2D;
import dev.whittle.ir.op.nn.MaxPool2D;
import dev.whittle.ir.tensor.OperandException;
import dev.whittle.ir.tensor.Shape;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.TreeSet;

/** Pooling over the spatial axes of tensors with channels last. */
public final class Pooling {
  private Pooling() {}

  /**
   * Pools over all spatial axes.
   *
   * @param sizes the window, one number for each of one to three spatial axes
   * @param strides likewise
   * @param max whether the maximum is taken, not the average
   */
  public static Value pool(
      Emitter emit, Value x, int[] sizes, int[] strides, Padding padding, boolean max) {
    Emitter.requireRank(x, sizes.length + 2);
    return switch (sizes.length) {
      case 1 -> {
        int[] flatSizes = {1, sizes[0]};
        int[] flatStrides = {1, strides[0]};
        yield Convolutions.onRows(
            emit, x, y -> pool2d(emit, y, flatSizes, flatStrides, padding, max));
      }
      case 2 -> pool2d(emit, x, sizes, strides, padding, max);
      case 3 -> pool3d(emit, x, sizes, strides, padding, max);
      default -> throw OperandException.unsupported("pooling over %d axes", sizes.length);
    };
  }

  private static Value pool2d(
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
   * Pools {@code [batch, depth, height, width, channels]} over height and width, then over depth.
   * The average of averages is exact, since all windows at one depth have the same size.
   */
  private static Value pool3d(
      Emitter emit, Value x, int[] sizes, int[] strides, Padding padding, boolean max) {
    int[] dims = Emitter.dims(x);
    if (Arrays.stream(dims).skip(1).anyMatch(d -> d == Shape.DYNAMIC)) {
      throw OperandException.unsupported(
          "3-D pooling of an unknown shape %s; fix it with --input_shape", x.shape());
    }
    Value images = emit.reshape(x, -1, dims[2], dims[3], dims[4]);
    Value flat = emit.node(op(padding, strides[1], strides[2], sizes[1], sizes[2], max), images);
    int height = Emitter.dim(flat, 1);
    int width = Emitter.dim(flat, 2);
    Value columns = emit.reshape(flat, -1, dims[1], height * width, dims[4]);
    Value deep = emit.node(op(padding, strides[0], 1, sizes[0], 1, max), columns);
    int batch = dims[0] == Shape.DYNAMIC ? -1 : dims[0];
    return emit.reshape(deep, batch, Emitter.dim(deep, 1), height, width, dims[4]);
  }

  // Adaptive pooling.

  /**
   * Pools to a fixed output size: of {@code n} inputs, output {@code i} of {@code m} covers those
   * from {@code floor(i n / m)} to {@code ceil((i + 1) n / m)}.
   *
   * @param outputs the output size along each spatial axis
   */
  public static Value adaptive(Emitter emit, Value x, int[] outputs, boolean max) {
    Emitter.requireRank(x, outputs.length + 2);
    Value y = x;
    for (int axis = 0; axis < outputs.length; axis++) {
      y = adaptiveAlong(emit, y, axis + 1, outputs[axis], max);
    }
    return y;
  }

  private static Value adaptiveAlong(Emitter emit, Value x, int axis, int outputs, boolean max) {
    int dimension = Emitter.dim(x, axis);
    if (dimension == Shape.DYNAMIC || outputs < 1) {
      throw OperandException.unsupported(
          "adaptive pooling of an unknown dimension; fix it with --input_shape");
    }
    if (dimension == outputs) {
      return x;
    }
    int[] sizes = new int[outputs];
    int[] starts = new int[outputs];
    for (int i = 0; i < outputs; i++) {
      starts[i] = (int) ((long) i * dimension / outputs);
      sizes[i] = Math.ceilDiv((i + 1) * dimension, outputs) - starts[i];
    }
    if (dimension % outputs == 0) {
      return along(emit, x, axis, dimension / outputs, dimension / outputs, max);
    }
    // Pool with each window size at stride 1, concatenate, and gather the needed windows.
    List<Value> pools = new ArrayList<>();
    int[] chosen = new int[outputs];
    int offset = 0;
    for (int size : new TreeSet<>(Arrays.stream(sizes).boxed().toList())) {
      pools.add(along(emit, x, axis, size, 1, max));
      for (int i = 0; i < outputs; i++) {
        chosen[i] = sizes[i] == size ? offset + starts[i] : chosen[i];
      }
      offset += dimension - size + 1;
    }
    return emit.gather(emit.concat(axis, pools), emit.ints(chosen), axis);
  }

  /** Pools along one spatial axis. */
  private static Value along(Emitter emit, Value x, int axis, int size, int stride, boolean max) {
    int spatial = Emitter.rank(x) - 2;
    int[] sizes = new int[spatial];
    int[] strides = new int[spatial];
    Arrays.fill(sizes, 1);
    Arrays.fill(strides, 1);
    sizes[axis - 1] = size;
    strides[axis - 1] = stride;
    return pool(emit, x, sizes, strides, Padding.VALID, max);
  }
}
