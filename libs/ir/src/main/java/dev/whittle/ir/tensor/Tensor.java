package dev.whittle.ir.tensor;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * A tensor with contents: what kernels read and write. Elements lie packed in row-major order,
 * little endian. Indices count elements from 0; they are checked against the memory only.
 */
public final class Tensor {
  public static final ValueLayout.OfFloat FLOAT =
      ValueLayout.JAVA_FLOAT_UNALIGNED.withOrder(ByteOrder.LITTLE_ENDIAN);
  public static final ValueLayout.OfDouble DOUBLE =
      ValueLayout.JAVA_DOUBLE_UNALIGNED.withOrder(ByteOrder.LITTLE_ENDIAN);
  public static final ValueLayout.OfInt INT =
      ValueLayout.JAVA_INT_UNALIGNED.withOrder(ByteOrder.LITTLE_ENDIAN);
  public static final ValueLayout.OfLong LONG =
      ValueLayout.JAVA_LONG_UNALIGNED.withOrder(ByteOrder.LITTLE_ENDIAN);
  public static final ValueLayout.OfShort SHORT =
      ValueLayout.JAVA_SHORT_UNALIGNED.withOrder(ByteOrder.LITTLE_ENDIAN);
  public static final ValueLayout.OfByte BYTE = ValueLayout.JAVA_BYTE;

  private static final MemorySegment EMPTY = Arena.global().allocate(0);

  /** Where a tensor gets memory from when it grows. */
  @FunctionalInterface
  public interface Allocator {
    /** Memory that is garbage collected; contents arbitrary on reuse. */
    Allocator AUTOMATIC = bytes -> Arena.ofAuto().allocate(bytes, 64);

    /** Memory on the Java heap where it fits, which goes as soon as memory is short. */
    Allocator HEAP =
        bytes ->
            bytes < Integer.MAX_VALUE - 8
                ? MemorySegment.ofArray(new byte[(int) bytes])
                : AUTOMATIC.allocate(bytes);

    MemorySegment allocate(long bytes);
  }

  private final TensorType type;
  private final @Nullable Quantization quantization;
  private final Allocator allocator;
  private int[] dims;
  private long elements;
  private MemorySegment memory;
  private MemorySegment data;

  /** A tensor over existing memory of exactly the size that type and extents need. */
  public Tensor(
      TensorType type, int[] dims, @Nullable Quantization quantization, MemorySegment data) {
    this(type, quantization, Allocator.AUTOMATIC);
    place(dims, data);
  }

  /** A tensor without elements yet (shape {@code [0]}) that takes memory when it is resized. */
  public Tensor(TensorType type, @Nullable Quantization quantization, Allocator allocator) {
    this.type = type;
    this.quantization = quantization;
    this.allocator = allocator;
    this.dims = new int[] {0};
    this.memory = EMPTY;
    this.data = EMPTY;
  }

  /** A new tensor of zeros. */
  public static Tensor allocate(TensorType type, int... dims) {
    var tensor = new Tensor(type, null, Allocator.AUTOMATIC);
    tensor.resize(dims);
    return tensor;
  }

  /** A tensor with extents but no memory: for kernels that read only shapes. */
  public static Tensor withoutContents(TensorType type, int... dims) {
    var tensor = new Tensor(type, null, Allocator.AUTOMATIC);
    tensor.dims = dims.clone();
    tensor.elements = Shape.elements(dims);
    return tensor;
  }

  /** The contents of a constant. */
  public static Tensor of(
      TensorType type, Shape shape, @Nullable Quantization quantization, Constant constant) {
    return new Tensor(type, shape.toArray(), quantization, constant.bytes());
  }

  /** A new float32 tensor. */
  public static Tensor of(float[] values, int... dims) {
    Tensor tensor = allocate(TensorType.FLOAT32, dims);
    MemorySegment.copy(values, 0, tensor.data, FLOAT, 0, values.length);
    return tensor;
  }

  /**
   * A new float32 tensor on the heap, for constants that are made and dropped in large numbers:
   * other memory is given back late.
   */
  public static Tensor onHeap(float[] values, int... dims) {
    MemorySegment bytes = MemorySegment.ofArray(new byte[values.length * Float.BYTES]);
    MemorySegment.copy(values, 0, bytes, FLOAT, 0, values.length);
    return new Tensor(TensorType.FLOAT32, dims, null, bytes);
  }

  /** A new int32 tensor. */
  public static Tensor of(int[] values, int... dims) {
    Tensor tensor = allocate(TensorType.INT32, dims);
    MemorySegment.copy(values, 0, tensor.data, INT, 0, values.length);
    return tensor;
  }

  public TensorType type() {
    return type;
  }

  public @Nullable Quantization quantization() {
    return quantization;
  }

  public int rank() {
    return dims.length;
  }

  /** The extent along {@code axis}, counted from 0. */
  public int dim(int axis) {
    return dims[axis];
  }

  /** The extents themselves, not a copy: not to be changed. */
  @SuppressWarnings("MutableArrayReturn")
  public int[] dims() {
    return dims;
  }

  public Shape shape() {
    return Shape.of(dims);
  }

  /** The number of elements. */
  public long elements() {
    return elements;
  }

  /** The bytes of all elements. */
  public MemorySegment data() {
    return data;
  }

  /** Moves the tensor to other memory and gives it other extents. */
  public void place(int[] newDims, MemorySegment newData) {
    long count = Shape.elements(newDims);
    if (type.hasFixedSize() && newData.byteSize() != type.byteSize(count)) {
      throw OperandException.invalid(
          "%s %s needs %d bytes, has %d",
          type, Arrays.toString(newDims), type.byteSize(count), newData.byteSize());
    }
    dims = newDims.clone();
    elements = count;
    memory = newData;
    data = newData;
  }

  /**
   * Gives the tensor these extents. Contents are arbitrary afterwards; memory is taken only where
   * what it has is too small.
   */
  public void resize(int... newDims) {
    long count;
    try {
      count = Shape.elements(newDims);
      if (type.hasFixedSize()) {
        reserve(type.byteSize(count));
      }
    } catch (ArithmeticException e) {
      throw OperandException.invalid("a tensor of %s is too large", Arrays.toString(newDims));
    }
    if (!Arrays.equals(dims, newDims)) {
      dims = newDims.clone();
    }
    elements = count;
  }

  private void reserve(long bytes) {
    if (memory.byteSize() < bytes || memory.isReadOnly()) {
      memory = allocator.allocate(bytes);
    }
    if (data.byteSize() != bytes || data.address() != memory.address()) {
      data = memory.asSlice(0, bytes);
    }
  }

  /** Takes extents and contents of {@code source}, which has the same type. */
  public void copyFrom(Tensor source) {
    if (source.type != type) {
      throw OperandException.invalid("cannot copy %s to %s", source.type, type);
    }
    if (!type.hasFixedSize()) {
      reserve(source.data.byteSize());
    }
    resize(source.dims);
    data.copyFrom(source.data);
  }

  /** Copies the bytes of {@code source}, whatever its shape: for operators that move no element. */
  public void copyBytesFrom(Tensor source) {
    if (!type.hasFixedSize()) {
      reserve(source.data.byteSize());
    }
    data.copyFrom(source.data);
  }

  /**
   * Copies {@code count} adjacent elements as they are stored, from index {@code i} of one tensor
   * to index {@code j} of another of the same type. The type has elements of whole bytes.
   */
  public static void copy(Tensor from, long i, Tensor to, long j, long count) {
    long bytes = from.type.bits() / 8;
    MemorySegment.copy(from.data, i * bytes, to.data, j * bytes, count * bytes);
  }

  public float getFloat(long i) {
    return data.get(FLOAT, i * 4);
  }

  public void setFloat(long i, float value) {
    data.set(FLOAT, i * 4, value);
  }

  public int getInt(long i) {
    return data.get(INT, i * 4);
  }

  public void setInt(long i, int value) {
    data.set(INT, i * 4, value);
  }

  public long getLong(long i) {
    return data.get(LONG, i * 8);
  }

  public void setLong(long i, long value) {
    data.set(LONG, i * 8, value);
  }

  public byte getByte(long i) {
    return data.get(BYTE, i);
  }

  public void setByte(long i, byte value) {
    data.set(BYTE, i, value);
  }

  public boolean getBoolean(long i) {
    return data.get(BYTE, i) != 0;
  }

  public void setBoolean(long i, boolean value) {
    data.set(BYTE, i, (byte) (value ? 1 : 0));
  }

  /** Element {@code i} of any integer, boolean or resource type; unsigned ones are not negative. */
  public long getInteger(long i) {
    return switch (type) {
      case INT8 -> data.get(BYTE, i);
      case UINT8 -> data.get(BYTE, i) & 0xff;
      case BOOL -> data.get(BYTE, i) != 0 ? 1 : 0;
      case INT16 -> data.get(SHORT, i * 2);
      case UINT16 -> data.get(SHORT, i * 2) & 0xffff;
      case INT32, RESOURCE -> data.get(INT, i * 4);
      case UINT32 -> data.get(INT, i * 4) & 0xffff_ffffL;
      case INT64, UINT64 -> data.get(LONG, i * 8);
      // The first of two (or four) elements is in the low bits.
      case INT4 -> (byte) (data.get(BYTE, i >> 1) << ((i & 1) == 0 ? 4 : 0)) >> 4;
      case UINT4 -> (data.get(BYTE, i >> 1) >> ((i & 1) * 4)) & 0xf;
      case INT2 -> (byte) (data.get(BYTE, i >> 2) << (6 - (i & 3) * 2)) >> 6;
      case FLOAT32,
          FLOAT16,
          BFLOAT16,
          FLOAT64,
          FLOAT8_E4M3FN,
          FLOAT8_E5M2,
          STRING,
          VARIANT,
          COMPLEX64,
          COMPLEX128 ->
          throw OperandException.unsupported("%s has no integer elements", type);
    };
  }

  /** Stores the low bits of {@code value} as element {@code i} of any integer type of 8 bits up. */
  public void setInteger(long i, long value) {
    switch (type) {
      case INT8, UINT8 -> data.set(BYTE, i, (byte) value);
      case BOOL -> data.set(BYTE, i, (byte) (value != 0 ? 1 : 0));
      case INT16, UINT16 -> data.set(SHORT, i * 2, (short) value);
      case INT32, UINT32, RESOURCE -> data.set(INT, i * 4, (int) value);
      case INT64, UINT64 -> data.set(LONG, i * 8, value);
      case INT4, UINT4 -> {
        int shift = (int) (i & 1) * 4;
        int kept = data.get(BYTE, i >> 1) & ~(0xf << shift);
        data.set(BYTE, i >> 1, (byte) (kept | (value & 0xf) << shift));
      }
      case INT2 -> {
        int shift = (int) (i & 3) * 2;
        int kept = data.get(BYTE, i >> 2) & ~(3 << shift);
        data.set(BYTE, i >> 2, (byte) (kept | (value & 3) << shift));
      }
      case FLOAT32,
          FLOAT16,
          BFLOAT16,
          FLOAT64,
          FLOAT8_E4M3FN,
          FLOAT8_E5M2,
          STRING,
          VARIANT,
          COMPLEX64,
          COMPLEX128 ->
          throw OperandException.unsupported("%s has no integer elements", type);
    }
  }

  /** Element {@code i} of any real type as stored: quantization parameters are not applied. */
  public double getReal(long i) {
    return switch (type) {
      case FLOAT32 -> data.get(FLOAT, i * 4);
      case FLOAT64 -> data.get(DOUBLE, i * 8);
      case FLOAT16 -> Float.float16ToFloat(data.get(SHORT, i * 2));
      case BFLOAT16 -> Float.intBitsToFloat(data.get(SHORT, i * 2) << 16);
      case UINT64 -> unsignedToDouble(data.get(LONG, i * 8));
      case INT2, INT4, UINT4, INT8, UINT8, BOOL, INT16, UINT16, INT32, UINT32, INT64, RESOURCE ->
          getInteger(i);
      case FLOAT8_E4M3FN, FLOAT8_E5M2, STRING, VARIANT, COMPLEX64, COMPLEX128 ->
          throw OperandException.unsupported("%s has no real elements", type);
    };
  }

  private static double unsignedToDouble(long value) {
    return value >= 0 ? value : (double) ((value >>> 1) | (value & 1)) * 2;
  }

  /** The contents of an integer tensor. */
  public long[] toLongs() {
    long[] values = new long[Math.toIntExact(elements)];
    for (int i = 0; i < values.length; i++) {
      values[i] = getInteger(i);
    }
    return values;
  }

  /** The contents of a float32 tensor. */
  public float[] toFloats() {
    float[] values = new float[Math.toIntExact(elements)];
    MemorySegment.copy(data, FLOAT, 0, values, 0, values.length);
    return values;
  }

  /**
   * The contents of a string tensor. Stored as a count, count + 1 offsets from the start, and the
   * bytes.
   *
   * @throws OperandException if the offsets are not inside the data, or the count is not the number
   *     of elements
   */
  public List<byte[]> strings() {
    if (data.byteSize() < 4) {
      return List.of();
    }
    int count = data.get(INT, 0);
    long header = 4L * (count + 2L);
    if (count < 0 || header > data.byteSize()) {
      throw OperandException.invalid("string tensor: bad count %d", count);
    }
    List<byte[]> strings = new ArrayList<>(count);
    for (int i = 0; i < count; i++) {
      long start = data.get(INT, 4L * (i + 1));
      long end = data.get(INT, 4L * (i + 2));
      if (start < header || end < start || end > data.byteSize()) {
        throw OperandException.invalid("string tensor: bad offsets of element %d", i);
      }
      strings.add(data.asSlice(start, end - start).toArray(BYTE));
    }
    return strings;
  }

  /** Fills a string tensor and gives it these extents. */
  public void setStrings(List<byte[]> strings, int... newDims) {
    int header = 4 * (strings.size() + 2);
    long size = header;
    for (byte[] string : strings) {
      size += string.length;
    }
    reserve(size);
    data.set(INT, 0, strings.size());
    int offset = header;
    for (int i = 0; i < strings.size(); i++) {
      data.set(INT, 4L * (i + 1), offset);
      MemorySegment.copy(strings.get(i), 0, data, BYTE, offset, strings.get(i).length);
      offset += strings.get(i).length;
    }
    data.set(INT, 4L * (strings.size() + 1), offset);
    resize(newDims);
  }

  /** For messages: type, shape and, where there are few, the elements. */
  @Override
  public String toString() {
    var text = new StringBuilder(type + " " + Arrays.toString(dims));
    if (type == TensorType.STRING) {
      strings().stream()
          .limit(8)
          .forEach(s -> text.append(' ').append(new String(s, StandardCharsets.UTF_8)));
    } else if (elements <= 8 && !type.name().startsWith("COMPLEX") && type.bits() > 0) {
      for (long i = 0; i < elements; i++) {
        text.append(' ').append(getReal(i));
      }
    }
    return text.toString();
  }
}
