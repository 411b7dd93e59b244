package dev.whittle.runtime;

import dev.whittle.ir.tensor.Tensor;
import dev.whittle.ir.tensor.TensorType;
import java.lang.foreign.MemorySegment;
import java.lang.reflect.Array;
import java.nio.Buffer;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;

/**
 * Copies between tensors and Java objects: boxed scalars, arrays of any depth, NIO buffers, memory
 * segments and other tensors.
 */
final class ArrayContents {
  private ArrayContents() {}

  /**
   * Returns the shape of a nested array or a tensor.
   *
   * @param type type of the tensor to fill; an array of bytes is one element of a string tensor
   * @throws IllegalArgumentException if an element is null
   */
  static int[] dims(Object source, TensorType type) {
    if (source instanceof Tensor tensor) {
      return tensor.dims().clone();
    }
    List<Integer> dims = new ArrayList<>();
    Object level = source;
    while (level.getClass().isArray() && !(type == TensorType.STRING && level instanceof byte[])) {
      int length = Array.getLength(level);
      dims.add(length);
      if (length == 0) {
        break;
      }
      level = Array.get(level, 0);
      if (level == null) {
        throw new IllegalArgumentException("an array element is null");
      }
    }
    return dims.stream().mapToInt(Integer::intValue).toArray();
  }

  /** Returns whether an object has a shape, and not only a number of elements. */
  static boolean hasShape(Object source) {
    return source.getClass().isArray() || source instanceof Tensor;
  }

  /**
   * Fills {@code tensor} from {@code source}.
   *
   * @throws IllegalArgumentException if the source has another type or another number of elements
   */
  static void read(Object source, Tensor tensor) {
    switch (source) {
      case Tensor other -> readTensor(other, tensor);
      case MemorySegment segment -> {
        requireBytes(segment.byteSize(), tensor);
        tensor.data().copyFrom(segment);
      }
      case Buffer buffer -> BufferContents.read(buffer, tensor);
      default -> {
        if (tensor.type() == TensorType.STRING) {
          List<byte[]> strings = new ArrayList<>();
          collectStrings(source, strings);
          tensor.setStrings(strings, dims(source, tensor.type()));
          return;
        }
        requireElements(countElements(source), tensor);
        readArray(source, tensor, 0);
      }
    }
  }

  private static void readTensor(Tensor source, Tensor tensor) {
    if (source.type() != tensor.type()) {
      throw new IllegalArgumentException(
          "cannot copy a %s tensor to a %s tensor".formatted(source.type(), tensor.type()));
    }
    if (tensor.type().hasFixedSize()) {
      requireElements(source.elements(), tensor);
      tensor.data().copyFrom(source.data());
    } else {
      tensor.copyFrom(source);
    }
  }

  /**
   * Fills {@code target} from {@code tensor}.
   *
   * @throws IllegalArgumentException if the target is immutable, or has another type or size
   */
  static void write(Tensor tensor, Object target) {
    switch (target) {
      case Tensor other -> readTensor(tensor, other);
      case MemorySegment segment -> {
        requireBytes(segment.byteSize(), tensor);
        segment.copyFrom(tensor.data());
      }
      case Buffer buffer -> BufferContents.write(tensor, buffer);
      default -> {
        if (!target.getClass().isArray()) {
          throw new IllegalArgumentException(
              "cannot copy an output to a %s; expected an array, buffer, memory segment or tensor"
                  .formatted(target.getClass().getSimpleName()));
        }
        if (tensor.type() == TensorType.STRING) {
          writeStrings(tensor.strings(), target, 0);
          return;
        }
        requireElements(countElements(target), tensor);
        writeArray(tensor, target, 0);
      }
    }
  }

  private static void requireBytes(long bytes, Tensor tensor) {
    if (bytes != tensor.data().byteSize()) {
      throw new IllegalArgumentException(
          "the tensor %s %s has %d bytes, but the argument has %d"
              .formatted(
                  tensor.type(), Arrays.toString(tensor.dims()), tensor.data().byteSize(), bytes));
    }
  }

  private static void requireElements(long elements, Tensor tensor) {
    if (elements != tensor.elements()) {
      throw new IllegalArgumentException(
          "the tensor %s %s has %d elements, but the argument has %d"
              .formatted(
                  tensor.type(), Arrays.toString(tensor.dims()), tensor.elements(), elements));
    }
  }

  private static long countElements(Object array) {
    if (!array.getClass().isArray()) {
      return 1;
    }
    if (array instanceof Object[] nested) {
      long count = 0;
      for (Object element : nested) {
        count += countElements(element);
      }
      return count;
    }
    return Array.getLength(array);
  }

  /**
   * Fills elements of a tensor.
   *
   * @param index the first element to fill
   * @return the index after the last one filled
   */
  private static long readArray(Object source, Tensor tensor, long index) {
    if (source instanceof Object[] nested) {
      long next = index;
      for (Object element : nested) {
        next = readArray(element, tensor, next);
      }
      return next;
    }
    MemorySegment data = tensor.data();
    requireElementType(source, tensor.type());
    int length = source.getClass().isArray() ? Array.getLength(source) : 1;
    switch (source) {
      case float[] a -> MemorySegment.copy(a, 0, data, Tensor.FLOAT, index * 4, length);
      case int[] a -> MemorySegment.copy(a, 0, data, Tensor.INT, index * 4, length);
      case long[] a -> MemorySegment.copy(a, 0, data, Tensor.LONG, index * 8, length);
      case short[] a -> MemorySegment.copy(a, 0, data, Tensor.SHORT, index * 2, length);
      case double[] a -> MemorySegment.copy(a, 0, data, Tensor.DOUBLE, index * 8, length);
      case byte[] a -> MemorySegment.copy(a, 0, data, Tensor.BYTE, index, length);
      case boolean[] a -> {
        for (int i = 0; i < length; i++) {
          tensor.setBoolean(index + i, a[i]);
        }
      }
      case Float x -> tensor.setFloat(index, x);
      case Double x -> data.set(Tensor.DOUBLE, index * 8, x);
      case Boolean x -> tensor.setBoolean(index, x);
      case Number x -> tensor.setInteger(index, x.longValue());
      default -> throw wrongType(source, tensor.type());
    }
    return index + length;
  }

  /**
   * Fills an array from elements of a tensor.
   *
   * @param index the first element to copy
   * @return the index after the last one copied
   */
  private static long writeArray(Tensor tensor, Object target, long index) {
    if (target instanceof Object[] nested) {
      long next = index;
      for (Object element : nested) {
        next = writeArray(tensor, element, next);
      }
      return next;
    }
    MemorySegment data = tensor.data();
    requireElementType(target, tensor.type());
    int length = Array.getLength(target);
    switch (target) {
      case float[] a -> MemorySegment.copy(data, Tensor.FLOAT, index * 4, a, 0, length);
      case int[] a -> MemorySegment.copy(data, Tensor.INT, index * 4, a, 0, length);
      case long[] a -> MemorySegment.copy(data, Tensor.LONG, index * 8, a, 0, length);
      case short[] a -> MemorySegment.copy(data, Tensor.SHORT, index * 2, a, 0, length);
      case double[] a -> MemorySegment.copy(data, Tensor.DOUBLE, index * 8, a, 0, length);
      case byte[] a -> MemorySegment.copy(data, Tensor.BYTE, index, a, 0, length);
      case boolean[] a -> {
        for (int i = 0; i < length; i++) {
          a[i] = tensor.getBoolean(index + i);
        }
      }
      default -> throw wrongType(target, tensor.type());
    }
    return index + length;
  }

  private static void requireElementType(Object holder, TensorType type) {
    boolean fits =
        switch (type) {
          case FLOAT32 -> holder instanceof float[] || holder instanceof Float;
          case FLOAT64 -> holder instanceof double[] || holder instanceof Double;
          case INT32, UINT32, RESOURCE -> holder instanceof int[] || holder instanceof Integer;
          case INT64, UINT64 -> holder instanceof long[] || holder instanceof Long;
          case INT16, UINT16, FLOAT16, BFLOAT16 ->
              holder instanceof short[] || holder instanceof Short;
          case INT8, UINT8 -> holder instanceof byte[] || holder instanceof Byte;
          case BOOL -> holder instanceof boolean[] || holder instanceof Boolean;
          case STRING,
              VARIANT,
              COMPLEX64,
              COMPLEX128,
              INT4,
              UINT4,
              INT2,
              FLOAT8_E4M3FN,
              FLOAT8_E5M2 ->
              false;
        };
    if (!fits) {
      throw wrongType(holder, type);
    }
  }

  private static IllegalArgumentException wrongType(Object holder, TensorType type) {
    return new IllegalArgumentException(
        "a %s tensor cannot be copied from or to a %s"
            .formatted(type, holder.getClass().getSimpleName()));
  }

  private static void collectStrings(Object source, List<byte[]> strings) {
    switch (source) {
      case String text -> strings.add(text.getBytes(StandardCharsets.UTF_8));
      case byte[] bytes -> strings.add(bytes);
      case Object[] nested -> {
        for (Object element : nested) {
          collectStrings(element, strings);
        }
      }
      default -> throw wrongType(source, TensorType.STRING);
    }
  }

  private static int writeStrings(List<byte[]> strings, Object target, int index) {
    int next = index;
    Object[] array = (Object[]) target;
    for (int i = 0; i < array.length; i++) {
      if (array instanceof String[] || array instanceof byte[][]) {
        if (next >= strings.size()) {
          throw new IllegalArgumentException(
              "the tensor has %d strings, but the argument has more".formatted(strings.size()));
        }
        byte[] bytes = strings.get(next++);
        array[i] = array instanceof String[] ? new String(bytes, StandardCharsets.UTF_8) : bytes;
      } else {
        next = writeStrings(strings, array[i], next);
      }
    }
    return next;
  }
}
