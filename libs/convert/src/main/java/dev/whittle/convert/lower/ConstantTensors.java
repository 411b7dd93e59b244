package dev.whittle.convert.lower;

import dev.whittle.ir.tensor.OperandException;
import dev.whittle.ir.tensor.Shape;
import dev.whittle.ir.tensor.Tensor;
import dev.whittle.ir.tensor.TensorType;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;

/** Operations on constant tensors during conversion. */
public final class ConstantTensors {
  private ConstantTensors() {}

  /**
   * Returns a tensor of floats with its axes in another order.
   *
   * @param permutation for each axis of the result, the axis of {@code source}
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

  /** Returns the same elements in another shape. */
  public static Tensor reshape(Tensor source, int... dims) {
    if (Shape.elements(dims) != source.elements()) {
      throw OperandException.invalid("cannot reshape %s to %s", source.shape(), Shape.of(dims));
    }
    return new Tensor(source.type(), dims, null, source.data());
  }

  /**
   * Returns a kernel with zeros between its taps, for operators without dilation.
   *
   * @param dilations one per spatial axis, which are the kernel's first axes
   */
  public static Tensor dilate(Tensor kernel, int... dilations) {
    if (Arrays.stream(dilations).allMatch(d -> d == 1)) {
      return kernel;
    }
    int rank = kernel.rank();
    int[] dims = kernel.dims().clone();
    for (int i = 0; i < dilations.length; i++) {
      dims[i] = (dims[i] - 1) * dilations[i] + 1;
    }
    Emitter.checkGenerated(Shape.elements(dims));
    Tensor dilated = Tensor.allocate(TensorType.FLOAT32, dims);
    long last = (long) kernel.dim(rank - 1) * kernel.dim(rank - 2);
    long rows = kernel.elements() / last;
    for (long row = 0; row < rows; row++) {
      long rest = row;
      long index = 0;
      long stride = 1;
      for (int axis = dilations.length - 1; axis >= 0; axis--) {
        index += rest % kernel.dim(axis) * dilations[axis] * stride;
        rest /= kernel.dim(axis);
        stride *= dims[axis];
      }
      for (long i = 0; i < last; i++) {
        dilated.setFloat(index * last + i, kernel.getFloat(row * last + i));
      }
    }
    return dilated;
  }

  /** Returns equal parts of a tensor of floats along an axis. */
  public static List<Tensor> split(Tensor source, int axis, int count) {
    int size = source.dim(axis) / count;
    if (size * count != source.dim(axis)) {
      throw OperandException.invalid("%s in %d parts along axis %d", source.shape(), count, axis);
    }
    int[] dims = source.dims().clone();
    dims[axis] = size;
    int inner = Math.toIntExact(Shape.elements(Arrays.copyOfRange(dims, axis, dims.length)));
    float[] from = source.toFloats();
    List<Tensor> parts = new ArrayList<>();
    for (int part = 0; part < count; part++) {
      float[] to = new float[from.length / count];
      for (int at = 0; at < to.length; at += inner) {
        System.arraycopy(from, at * count + part * inner, to, at, inner);
      }
      parts.add(Tensor.onHeap(to, dims));
    }
    return parts;
  }
}
