package dev.whittle.convert.keras;

import dev.whittle.convert.lower.Emitter;
import dev.whittle.ir.MalformedModelException;
import dev.whittle.ir.OperandException;
import dev.whittle.ir.Shape;
import dev.whittle.ir.TensorType;
import dev.whittle.ir.Value;
import dev.whittle.ir.kernel.Tensor;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** Constants as configurations state them, and computing with constants while lowering. */
final class Constants {
  private Constants() {}

  /** A constant from nested lists of numbers. */
  static Value ofNested(Emitter emit, @Nullable Object nested, String dtype) {
    List<Integer> dims = new ArrayList<>();
    for (Object at = nested;
        at instanceof List<?> list;
        at = list.isEmpty() ? null : list.getFirst()) {
      dims.add(list.size());
    }
    int[] extents = dims.stream().mapToInt(Integer::intValue).toArray();
    TensorType type = KerasImporter.type(dtype);
    if (!type.hasFixedSize()) {
      throw OperandException.unsupported("a constant of type %s", type);
    }
    Tensor tensor = Tensor.allocate(type, extents);
    long count = fill(tensor, nested, 0);
    if (count != tensor.elements()) {
      throw new MalformedModelException("a constant's lists have different lengths");
    }
    return emit.constant("constant", tensor);
  }

  private static long fill(Tensor tensor, @Nullable Object nested, long at) {
    if (nested instanceof List<?> list) {
      long next = at;
      for (Object item : list) {
        next = fill(tensor, item, next);
      }
      return next;
    }
    if (at >= tensor.elements()) {
      throw new MalformedModelException("a constant's lists have different lengths");
    }
    switch (nested) {
      case Boolean flag -> tensor.setBoolean(at, flag);
      case Number number -> {
        if (tensor.type() == TensorType.FLOAT32) {
          tensor.setFloat(at, number.floatValue());
        } else {
          tensor.setInteger(at, number.longValue());
        }
      }
      case null, default -> throw new MalformedModelException("a constant holds " + nested);
    }
    return at + 1;
  }

  /**
   * A tensor with its axes in another order.
   *
   * @param permutation which axis of {@code source} each axis of the result is
   */
  static Tensor transpose(Tensor source, int... permutation) {
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
  static Tensor reshape(Tensor source, int... dims) {
    if (Shape.elements(dims) != source.elements()) {
      throw OperandException.invalid("%s as %s", source.shape(), Shape.of(dims));
    }
    return new Tensor(source.type(), dims, null, source.data());
  }
}
