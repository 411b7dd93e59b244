package dev.whittle.runtime;

import dev.whittle.ir.tensor.Tensor;
import dev.whittle.ir.tensor.TensorType;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.Buffer;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.DoubleBuffer;
import java.nio.FloatBuffer;
import java.nio.IntBuffer;
import java.nio.LongBuffer;
import java.nio.ShortBuffer;
import java.util.Arrays;

/**
 * Copies between tensors and NIO buffers, by the rules of {@code org.tensorflow.lite.Tensor}. An
 * input buffer is read from its start whatever its position is, because it is rarely rewound after
 * it was filled. An output is written at the position, which advances; the buffer may be larger. A
 * {@link ByteBuffer} holds the bytes of any type; another buffer must hold the tensor's type.
 */
final class BufferContents {
  private BufferContents() {}

  /**
   * Fills {@code tensor} from a whole buffer or, if that has another size, from the elements
   * between its position and its limit.
   *
   * @throws IllegalArgumentException if neither has the size of the tensor, or the buffer holds
   *     another type
   */
  static void read(Buffer buffer, Tensor tensor) {
    requireType(buffer, tensor);
    long size = size(buffer, tensor);
    boolean isWhole = buffer.capacity() == size;
    if (!isWhole && buffer.remaining() != size) {
      throw new IllegalArgumentException(
          "the tensor %s %s has %d %s, but the buffer has %d"
              .formatted(
                  tensor.type(),
                  Arrays.toString(tensor.dims()),
                  size,
                  unit(buffer),
                  buffer.capacity()));
    }
    Buffer source = buffer.duplicate();
    if (isWhole) {
      source.clear();
    }
    MemorySegment.copy(
        MemorySegment.ofBuffer(source),
        layout(buffer, order(buffer)),
        0,
        tensor.data(),
        layout(buffer, ByteOrder.LITTLE_ENDIAN),
        0,
        size);
  }

  /**
   * Writes a tensor into a buffer at its position, and advances the position.
   *
   * @throws IllegalArgumentException if fewer elements remain than the tensor has, the buffer holds
   *     another type, or it is read-only
   */
  static void write(Tensor tensor, Buffer buffer) {
    requireType(buffer, tensor);
    long size = size(buffer, tensor);
    if (buffer.remaining() < size) {
      throw new IllegalArgumentException(
          "the tensor %s %s has %d %s, but the buffer has room for %d from its position %d%s"
              .formatted(
                  tensor.type(),
                  Arrays.toString(tensor.dims()),
                  size,
                  unit(buffer),
                  buffer.remaining(),
                  buffer.position(),
                  buffer.capacity() >= size ? "; call rewind() before" : ""));
    }
    if (buffer.isReadOnly()) {
      throw new IllegalArgumentException("the buffer is read-only");
    }
    MemorySegment.copy(
        tensor.data(),
        layout(buffer, ByteOrder.LITTLE_ENDIAN),
        0,
        MemorySegment.ofBuffer(buffer),
        layout(buffer, order(buffer)),
        0,
        size);
    buffer.position(buffer.position() + (int) size);
  }

  /** Returns the layout of the elements of a buffer in a byte order. */
  private static ValueLayout layout(Buffer buffer, ByteOrder order) {
    return switch (buffer) {
      case ByteBuffer _ -> ValueLayout.JAVA_BYTE;
      case FloatBuffer _ -> ValueLayout.JAVA_FLOAT_UNALIGNED.withOrder(order);
      case IntBuffer _ -> ValueLayout.JAVA_INT_UNALIGNED.withOrder(order);
      case LongBuffer _ -> ValueLayout.JAVA_LONG_UNALIGNED.withOrder(order);
      case ShortBuffer _ -> ValueLayout.JAVA_SHORT_UNALIGNED.withOrder(order);
      case DoubleBuffer _ -> ValueLayout.JAVA_DOUBLE_UNALIGNED.withOrder(order);
      default -> throw unsupported(buffer);
    };
  }

  private static ByteOrder order(Buffer buffer) {
    return switch (buffer) {
      case ByteBuffer bytes -> bytes.order();
      case FloatBuffer floats -> floats.order();
      case IntBuffer ints -> ints.order();
      case LongBuffer longs -> longs.order();
      case ShortBuffer shorts -> shorts.order();
      case DoubleBuffer doubles -> doubles.order();
      default -> throw unsupported(buffer);
    };
  }

  private static IllegalArgumentException unsupported(Buffer buffer) {
    return new IllegalArgumentException(
        "cannot copy from or to a " + name(buffer) + "; expected a buffer of bytes or numbers");
  }

  private static String name(Buffer buffer) {
    return switch (buffer) {
      case ByteBuffer _ -> "ByteBuffer";
      case FloatBuffer _ -> "FloatBuffer";
      case IntBuffer _ -> "IntBuffer";
      case LongBuffer _ -> "LongBuffer";
      case ShortBuffer _ -> "ShortBuffer";
      case DoubleBuffer _ -> "DoubleBuffer";
      default -> "CharBuffer";
    };
  }

  private static String unit(Buffer buffer) {
    return buffer instanceof ByteBuffer ? "bytes" : "elements";
  }

  /** Returns the size of a tensor in elements of a buffer. */
  private static long size(Buffer buffer, Tensor tensor) {
    return buffer instanceof ByteBuffer ? tensor.data().byteSize() : tensor.elements();
  }

  private static void requireType(Buffer buffer, Tensor tensor) {
    TensorType type = tensor.type();
    boolean fits =
        switch (buffer) {
          case ByteBuffer bytes -> {
            if (bytes.order() != ByteOrder.LITTLE_ENDIAN && type.bits() > 8) {
              throw new IllegalArgumentException(
                  "the buffer is big-endian; expected little-endian"
                      + " (order(ByteOrder.nativeOrder()))");
            }
            yield true;
          }
          case FloatBuffer _ -> type == TensorType.FLOAT32;
          case DoubleBuffer _ -> type == TensorType.FLOAT64;
          case IntBuffer _ ->
              type == TensorType.INT32 || type == TensorType.UINT32 || type == TensorType.RESOURCE;
          case LongBuffer _ -> type == TensorType.INT64 || type == TensorType.UINT64;
          case ShortBuffer _ -> type.bits() == 16;
          default -> false;
        };
    if (!fits) {
      throw new IllegalArgumentException(
          "a %s tensor cannot be copied from or to a %s".formatted(type, name(buffer)));
    }
  }
}
