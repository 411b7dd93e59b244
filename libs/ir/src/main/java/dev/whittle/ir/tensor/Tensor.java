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
 * A tensor with contents, which kernels read and write. Elements are packed in row-major order and
 * little endian. Types of less than a byte have their first element in the lowest bits.
 *
 * <p>The methods {@code get...} and {@code set...} take the index of an element, counted from 0 in
 * row-major order. They check indices against the size of the memory, not against the shape, and
 * the methods for one type do not check the tensor's type.
 *
 * <p>A tensor takes memory from its {@link Allocator} when {@link #resize} needs more than it has.
 * It is not safe for use by several threads while it is resized.
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

  /** The source of a tensor's memory. */
  @FunctionalInterface
  public interface Allocator {
    /** Memory outside the heap, freed by the garbage collector. */
    Allocator AUTOMATIC = bytes -> Arena.ofAuto().allocate(bytes, 64);

    /** Memory on the Java heap if an array can be so large, otherwise {@link #AUTOMATIC}. */
    Allocator HEAP =
        bytes ->
            bytes < Integer.MAX_VALUE - 8
                ? MemorySegment.ofArray(new byte[(int) bytes])
                : AUTOMATIC.allocate(bytes);

    /** Returns a segment of at least {@code bytes} bytes with arbitrary contents. */
    MemorySegment allocate(long bytes);
  }

  private final TensorType type;
  private final @Nullable Quantization quantization;
  private final Allocator allocator;
  private int[] dims;
  private long elements;
  private MemorySegment memory;
  private MemorySegment data;

  /**
   * Makes a tensor over existing memory.
   *
   * @param type the element type
   * @param dims the dimensions, which are copied
   * @param quantization the quantization parameters; null for none
   * @param data the elements, exactly as many bytes as type and dimensions need
   * @throws OperandException if {@code data} has another size
   */
  public Tensor(
      TensorType type, int[] dims, @Nullable Quantization quantization, MemorySegment data) {
    this(type, quantization, Allocator.AUTOMATIC);
    place(dims, data);
  }

  /**
   * Makes a tensor without elements, of shape {@code [0]}, which takes memory when it is resized.
   *
   * @param type the element type
   * @param quantization the quantization parameters; null for none
   * @param allocator the source of memory
   */
  public Tensor(TensorType type, @Nullable Quantization quantization, Allocator allocator) {
    this.type = type;
    this.quantization = quantization;
    this.allocator = allocator;
    this.dims = new int[] {0};
    this.memory = EMPTY;
    this.data = EMPTY;
  }

  /** Returns a new tensor of zeros. */
  public static Tensor allocate(TensorType type, int... dims) {
    var tensor = new Tensor(type, null, Allocator.AUTOMATIC);
    tensor.resize(dims);
    return tensor;
  }

  /** Returns a tensor with a shape but no memory, for kernels that read shapes only. */
  public static Tensor withoutContents(TensorType type, int... dims) {
    var tensor = new Tensor(type, null, Allocator.AUTOMATIC);
    tensor.dims = dims.clone();
    tensor.elements = Shape.elements(dims);
    return tensor;
  }

  /** Returns a constant as a tensor that must not be written to. */
  public static Tensor of(
      TensorType type, Shape shape, @Nullable Quantization quantization, Constant constant) {
    return new Tensor(type, shape.toArray(), quantization, constant.bytes());
  }

  /** Returns a new float32 tensor. */
  public static Tensor of(float[] values, int... dims) {
    Tensor tensor = allocate(TensorType.FLOAT32, dims);
    MemorySegment.copy(values, 0, tensor.data, FLOAT, 0, values.length);
    return tensor;
  }

  /**
   * Returns a new float32 tensor on the Java heap, for many short-lived constants: memory outside
   * the heap is freed late.
   */
  public static Tensor onHeap(float[] values, int... dims) {
    MemorySegment bytes = MemorySegment.ofArray(new byte[values.length * Float.BYTES]);
    MemorySegment.copy(values, 0, bytes, FLOAT, 0, values.length);
    return new Tensor(TensorType.FLOAT32, dims, null, bytes);
  }

  /** Returns a new int32 tensor. */
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

  /** Returns a view of the same elements that states other parameters. */
  public Tensor withQuantization(@Nullable Quantization parameters) {
    return new Tensor(type, dims(), parameters, data());
  }

  /** Returns the number of dimensions; 0 for a scalar. */
  public int rank() {
    return dims.length;
  }

  /** Returns the size of dimension {@code axis}, counted from 0. */
  public int dim(int axis) {
    return dims[axis];
  }

  /** Returns the dimensions. The array is not a copy and must not be changed. */
  @SuppressWarnings("MutableArrayReturn")
  public int[] dims() {
    return dims;
  }

  public Shape shape() {
    return Shape.of(dims);
  }

  /** Returns the number of elements. */
  public long elements() {
    return elements;
  }

  /** Returns the bytes of all elements. */
  public MemorySegment data() {
    return data;
  }

  /**
   * Gives the tensor other memory and dimensions.
   *
   * @param newDims the dimensions, which are copied
   * @param newData the elements, exactly as many bytes as type and dimensions need
   * @throws OperandException if {@code newData} has another size
   */
  public void place(int[] newDims, MemorySegment newData) {
    long count = Shape.elements(newDims);
    if (type.hasFixedSize() && newData.byteSize() != type.byteSize(count)) {
      throw OperandException.invalid(
          "%s %s needs %d bytes, but its memory has %d",
          type, Arrays.toString(newDims), type.byteSize(count), newData.byteSize());
    }
    dims = newDims.clone();
    elements = count;
    memory = newData;
    data = newData;
  }

  /**
   * Gives the tensor other dimensions. Its contents are arbitrary afterwards. The allocator is
   * asked for memory only if the present memory is too small or read-only.
   *
   * @throws OperandException if the tensor would be too large
   */
  public void resize(int... newDims) {
    long count;
    try {
      count = Shape.elements(newDims);
      if (type.hasFixedSize()) {
        reserve(type.byteSize(count));
      }
    } catch (ArithmeticException e) {
      throw OperandException.invalid("a tensor of shape %s is too large", Arrays.toString(newDims));
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

  /**
   * Copies the shape and contents of another tensor.
   *
   * @throws OperandException if {@code source} has another type
   */
  public void copyFrom(Tensor source) {
    if (source.type != type) {
      throw OperandException.invalid("cannot copy a tensor of %s to one of %s", source.type, type);
    }
    if (!type.hasFixedSize()) {
      reserve(source.data.byteSize());
    }
    resize(source.dims);
    data.copyFrom(source.data);
  }

  /**
   * Copies the bytes of another tensor and keeps the shape, for operators that only change the
   * shape.
   */
  public void copyBytesFrom(Tensor source) {
    if (!type.hasFixedSize()) {
      reserve(source.data.byteSize());
    }
    data.copyFrom(source.data);
  }

  /**
   * Copies adjacent elements as they are stored.
   *
   * @param from the source, of a type whose elements are whole bytes
   * @param i the index of the first element in {@code from}
   * @param to the target, of the same type
   * @param j the index of the first element in {@code to}
   * @param count the number of elements
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

  /**
   * Returns element {@code i} of an integer, boolean or resource type; of an unsigned type of up to
   * 32 bits it is never negative.
   *
   * @throws OperandException for other types
   */
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
          throw OperandException.unsupported("a tensor of %s has no integer elements", type);
    };
  }

  /**
   * Stores the low bits of {@code value} as element {@code i} of an integer, boolean or resource
   * type.
   *
   * @throws OperandException for other types
   */
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
          throw OperandException.unsupported("a tensor of %s has no integer elements", type);
    }
  }

  /**
   * Returns element {@code i} of a real type as stored: quantization parameters are not applied.
   *
   * @throws OperandException for strings, variants, complex numbers and 8-bit floats
   */
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
          throw OperandException.unsupported("a tensor of %s has no real elements", type);
    };
  }

  /**
   * Stores a number in a tensor of floats, rounded to the nearest one of the type.
   *
   * @throws OperandException for other types
   */
  public void setReal(long i, double value) {
    switch (type) {
      case FLOAT32 -> data.set(FLOAT, i * 4, (float) value);
      case FLOAT64 -> data.set(DOUBLE, i * 8, value);
      case FLOAT16 -> data.set(SHORT, i * 2, Float.floatToFloat16((float) value));
      case BFLOAT16 -> data.set(SHORT, i * 2, toBfloat16((float) value));
      default -> throw OperandException.unsupported("a tensor of %s has no floats", type);
    }
  }

  /**
   * Returns the float nearest to a number that a type of 16-bit floats has.
   *
   * @param type FLOAT16 or BFLOAT16
   */
  public static float round(TensorType type, float value) {
    return type == TensorType.FLOAT16
        ? Float.float16ToFloat(Float.floatToFloat16(value))
        : Float.intBitsToFloat(toBfloat16(value) << 16);
  }

  /** Returns the upper half of a float's bits, rounded to the nearest, ties to even. */
  private static short toBfloat16(float value) {
    int bits = Float.floatToRawIntBits(value);
    return Float.isNaN(value)
        ? (short) (bits >> 16 | 0x40)
        : (short) ((bits + 0x7fff + (bits >> 16 & 1)) >> 16);
  }

  private static double unsignedToDouble(long value) {
    return value >= 0 ? value : (double) ((value >>> 1) | (value & 1)) * 2;
  }

  /** Returns the elements of an integer tensor. */
  public long[] toLongs() {
    long[] values = new long[Math.toIntExact(elements)];
    for (int i = 0; i < values.length; i++) {
      values[i] = getInteger(i);
    }
    return values;
  }

  /** Returns the elements of a float32 tensor. */
  public float[] toFloats() {
    float[] values = new float[Math.toIntExact(elements)];
    MemorySegment.copy(data, FLOAT, 0, values, 0, values.length);
    return values;
  }

  /**
   * Returns the elements of a string tensor. They are stored as TensorFlow Lite does: the number of
   * strings, their offsets from the start and the end of the last one as 32-bit integers, then the
   * bytes of all strings.
   *
   * @throws OperandException if the number or an offset is outside the data
   */
  public List<byte[]> strings() {
    if (data.byteSize() < 4) {
      return List.of();
    }
    int count = data.get(INT, 0);
    long header = 4L * (count + 2L);
    if (count < 0 || header > data.byteSize()) {
      throw OperandException.invalid(
          "a string tensor of %d bytes states %d strings", data.byteSize(), count);
    }
    if (count != elements) {
      throw OperandException.invalid(
          "a string tensor of shape %s has %d strings; expected %d", shape(), count, elements);
    }
    List<byte[]> strings = new ArrayList<>(count);
    for (int i = 0; i < count; i++) {
      long start = data.get(INT, 4L * (i + 1));
      long end = data.get(INT, 4L * (i + 2));
      if (start < header || end < start || end > data.byteSize()) {
        throw OperandException.invalid(
            "string %d of a string tensor is at bytes %d to %d of %d",
            i, start, end, data.byteSize());
      }
      strings.add(data.asSlice(start, end - start).toArray(BYTE));
    }
    return strings;
  }

  /** Sets the elements and dimensions of a string tensor. */
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

  /** Returns the type, shape and, if there are few, the elements, for messages. */
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
