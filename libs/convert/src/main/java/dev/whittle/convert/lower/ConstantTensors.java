package dev.whittle.convert.lower;

import dev.whittle.ir.tensor.OperandException;
import dev.whittle.ir.tensor.Shape;
import dev.whittle.ir.tensor.Tensor;
import dev.whittle.ir.tensor.TensorType;
import java.util.Arrays;

/** Computing with constants while lowering. */
public final class ConstantTensors {
  private ConstantTensors() {}

  /**
   * A tensor with its axes in another order.
   *
   * @param permutation which axis of {@code source} each axis of the result is
   */
  public static Tensor transpose(Tensor source, int... permutation) {
    int rank = source.rank();
    int[] dims = new int[rank];
    long[] strides = new long[rank];
    long[] sourceStrides = new long[rank];
    long stride = 1;
    for (int i = rank - 1; i >= 0; i--) {
      sourceStrides[i] = stride;
      stride *= source.dim(i);
    }
    for (int i = 0; i < rank; i++) {
      dims[i] = source.dim(permutation[i]);
      strides[i] = sourceStrides[permutation[i]];
    }
    float[] from = source.toFloats();
    float[] to = new float[from.length];
    permute(from, to, dims, strides);
    return Tensor.onHeap(to, dims);
  }

  private static void permute(float[] from, float[] to, int[] dims, long[] strides) {
    if (dims.length == 0 || to.length == 0) {
      System.arraycopy(from, 0, to, 0, to.length);
      return;
    }
    int last = dims.length - 1;
    int[] position = new int[dims.length];
    int start = 0;
    int step = (int) strides[last];
    for (int at = 0; at < to.length; at += dims[last]) {
      for (int i = 0, f = start; i < dims[last]; i++, f += step) {
        to[at + i] = from[f];
      }
      for (int axis = last - 1; axis >= 0; axis--) {
        start += (int) strides[axis];
        if (++position[axis] < dims[axis]) {
          break;
        }
        start -= (int) strides[axis] * dims[axis];
        position[axis] = 0;
      }
    }
  }

  /** The same elements in another shape. */
  public static Tensor reshape(Tensor source, int... dims) {
    if (Shape.elements(dims) != source.elements()) {
      throw OperandException.invalid("%s as %s", source.shape(), Shape.of(dims));
    }
    return new Tensor(source.type(), dims, null, source.data());
  }

  /** A kernel with zeros between its taps, for operators that know no dilation. */
  public static Tensor dilate(Tensor kernel, int[] dilations) {
    if (Arrays.stream(dilations).allMatch(d -> d == 1)) {
      return kernel;
    }
    int rank = kernel.rank();
    int[] dims = kernel.dims().clone();
    for (int i = 0; i < dilations.length; i++) {
      dims[i] = (dims[i] - 1) * dilations[i] + 1;
    }
    Emitter.checkGenerated(Shape.elements(dims));
    Tensor wide = Tensor.allocate(TensorType.FLOAT32, dims);
    long last = (long) kernel.dim(rank - 1) * kernel.dim(rank - 2);
    long rows = kernel.elements() / last;
    for (long row = 0; row < rows; row++) {
      long rest = row;
      long place = 0;
      long stride = 1;
      for (int axis = dilations.length - 1; axis >= 0; axis--) {
        place += rest % kernel.dim(axis) * dilations[axis] * stride;
        rest /= kernel.dim(axis);
        stride *= dims[axis];
      }
      for (long i = 0; i < last; i++) {
        wide.setFloat(place * last + i, kernel.getFloat(row * last + i));
      }
    }
    return wide;
  }
}
