package dev.whittle.convert.savedmodel;

import com.google.protobuf.ByteString;
import com.google.protobuf.CodedInputStream;
import dev.whittle.ir.MalformedModelException;
import dev.whittle.ir.tensor.OperandException;
import dev.whittle.ir.tensor.Shape;
import dev.whittle.ir.tensor.Tensor;
import dev.whittle.ir.tensor.TensorType;
import java.io.IOException;
import java.lang.foreign.MemorySegment;
import java.util.ArrayList;
import java.util.List;

/** TensorFlow's element types, shapes and constants. */
final class DataTypes {
  static final int RESOURCE = 20;
  static final int VARIANT = 21;

  private static final long MAX_ELEMENTS = 1L << 30;

  private DataTypes() {}

  /**
   * Returns the type that elements are computed in: FLOAT32 for all real floats, COMPLEX64 for all
   * complex ones.
   *
   * @param code the number of an element type in TensorFlow's enumeration
   */
  static TensorType type(long code) {
    return computed(declared(code));
  }

  private static TensorType computed(TensorType declared) {
    return switch (declared) {
      case FLOAT16, BFLOAT16, FLOAT64 -> TensorType.FLOAT32;
      case COMPLEX128 -> TensorType.COMPLEX64;
      default -> declared;
    };
  }

  /** Returns the element type with a number in TensorFlow's enumeration, as the model states it. */
  static TensorType declared(long code) {
    return switch ((int) (code > 100 ? code - 100 : code)) {
      case 1 -> TensorType.FLOAT32;
      case 2 -> TensorType.FLOAT64;
      case 3 -> TensorType.INT32;
      case 4 -> TensorType.UINT8;
      case 5 -> TensorType.INT16;
      case 6 -> TensorType.INT8;
      case 7 -> TensorType.STRING;
      case 8 -> TensorType.COMPLEX64;
      case 9 -> TensorType.INT64;
      case 10 -> TensorType.BOOL;
      case 14 -> TensorType.BFLOAT16;
      case 17 -> TensorType.UINT16;
      case 18 -> TensorType.COMPLEX128;
      case 19 -> TensorType.FLOAT16;
      case 22 -> TensorType.UINT32;
      case 23 -> TensorType.UINT64;
      default -> throw OperandException.unsupported("tensors of TensorFlow's type %d", code);
    };
  }

  /** Parses a shape, which has -1 for unknown dimensions. */
  static Shape shape(Proto shape) {
    if (shape.flag(3)) {
      return Shape.UNKNOWN;
    }
    List<Proto> dims = shape.messages(2);
    int[] dimensions = new int[dims.size()];
    for (int i = 0; i < dimensions.length; i++) {
      long size = dims.get(i).integer(1);
      if (size < -1 || size > Integer.MAX_VALUE) {
        throw new MalformedModelException(
            shape.place() + ": expected a dimension from -1 to 2^31 - 1, found " + size);
      }
      dimensions[i] = (int) size;
    }
    return Shape.of(dimensions);
  }

  /** Parses a constant, in the type that it is computed in. */
  static Tensor tensor(Proto proto) {
    return computed(declaredTensor(proto));
  }

  /**
   * Converts a tensor to the type that it is computed in. Finite numbers beyond the range of
   * FLOAT32, which models use in masks, become its largest ones.
   */
  static Tensor computed(Tensor tensor) {
    TensorType type = computed(tensor.type());
    if (type == tensor.type()) {
      return tensor;
    }
    Tensor result = Tensor.allocate(type, tensor.dims());
    boolean isComplex = type == TensorType.COMPLEX64;
    long numbers = tensor.elements() * (isComplex ? 2 : 1);
    for (long i = 0; i < numbers; i++) {
      double x = isComplex ? tensor.data().getAtIndex(Tensor.DOUBLE, i) : tensor.getReal(i);
      result.data().setAtIndex(Tensor.FLOAT, i, narrowed(x));
    }
    return result;
  }

  private static float narrowed(double x) {
    return Double.isFinite(x)
        ? (float) Math.clamp(x, -Float.MAX_VALUE, Float.MAX_VALUE)
        : (float) x;
  }

  private static Tensor declaredTensor(Proto proto) {
    TensorType type = declared(proto.integer(1));
    Shape shape = shape(proto.message(2));
    int[] dims = shape.toArray();
    long elements = Shape.elements(dims);
    if (elements < 0 || elements > MAX_ELEMENTS) {
      throw new MalformedModelException(proto.place() + ": a constant of shape " + shape);
    }
    if (type == TensorType.STRING) {
      List<byte[]> strings = new ArrayList<>();
      List<ByteString> stated =
          proto.bytes(4).isEmpty()
              ? proto.bytes(8)
              : packedStrings(proto.bytes(4).getLast(), elements, proto.place());
      for (int i = 0; i < elements; i++) {
        ByteString text =
            stated.isEmpty() ? ByteString.EMPTY : stated.get(Math.min(i, stated.size() - 1));
        strings.add(text.toByteArray());
      }
      Tensor tensor = Tensor.allocate(type, 0);
      tensor.setStrings(strings, dims);
      return tensor;
    }
    ByteString content = proto.bytes(4).isEmpty() ? ByteString.EMPTY : proto.bytes(4).getLast();
    if (!content.isEmpty()) {
      Tensor sized = Tensor.withoutContents(type, dims);
      long bytes = sized.elements() * type.bits() / 8;
      if (content.size() != bytes) {
        throw new MalformedModelException(
            "%s: a constant %s %s of %d bytes"
                .formatted(proto.place(), type, shape, content.size()));
      }
      return new Tensor(type, dims, null, MemorySegment.ofArray(content.toByteArray()));
    }
    return ofNumbers(proto, type, dims);
  }

  /** Splits packed strings: all lengths, then all characters. */
  private static List<ByteString> packedStrings(ByteString packed, long count, String place) {
    List<ByteString> strings = new ArrayList<>();
    try {
      CodedInputStream in = packed.newCodedInput();
      List<Integer> lengths = new ArrayList<>();
      for (long i = 0; i < count; i++) {
        lengths.add(in.readRawVarint32());
      }
      int at = in.getTotalBytesRead();
      for (int length : lengths) {
        strings.add(packed.substring(at, Math.addExact(at, length)));
        at += length;
      }
    } catch (IOException | IndexOutOfBoundsException | ArithmeticException e) {
      throw new MalformedModelException(place + ": a list of strings is cut off", e);
    }
    return strings;
  }

  /** Parses a list of numbers; the last one is repeated for all missing elements. */
  private static Tensor ofNumbers(Proto proto, TensorType type, int[] dims) {
    Tensor tensor = Tensor.allocate(type, dims);
    switch (type) {
      case FLOAT32 -> {
        List<Float> numbers = proto.reals(5);
        for (int i = 0; i < tensor.elements() && !numbers.isEmpty(); i++) {
          tensor.setFloat(i, numbers.get(Math.min(i, numbers.size() - 1)));
        }
      }
      case FLOAT64 -> {
        List<Double> numbers = proto.doubles(6);
        for (int i = 0; i < tensor.elements() && !numbers.isEmpty(); i++) {
          tensor.data().setAtIndex(Tensor.DOUBLE, i, numbers.get(Math.min(i, numbers.size() - 1)));
        }
      }
      case COMPLEX64 -> {
        List<Float> parts = proto.reals(9);
        for (int i = 0; i < 2 * tensor.elements() && parts.size() > 1; i++) {
          int last = parts.size() / 2 * 2 - 2 + i % 2;
          tensor.data().setAtIndex(Tensor.FLOAT, i, parts.get(Math.min(i, last)));
        }
      }
      case COMPLEX128 -> {
        List<Double> parts = proto.doubles(12);
        for (int i = 0; i < 2 * tensor.elements() && parts.size() > 1; i++) {
          int last = parts.size() / 2 * 2 - 2 + i % 2;
          tensor.data().setAtIndex(Tensor.DOUBLE, i, parts.get(Math.min(i, last)));
        }
      }
      case FLOAT16, BFLOAT16 -> {
        List<Long> bits = proto.integers(13);
        for (int i = 0; i < tensor.elements() && !bits.isEmpty(); i++) {
          tensor
              .data()
              .setAtIndex(Tensor.SHORT, i, bits.get(Math.min(i, bits.size() - 1)).shortValue());
        }
      }
      case BOOL -> {
        List<Long> flags = proto.integers(11);
        for (int i = 0; i < tensor.elements() && !flags.isEmpty(); i++) {
          tensor.setBoolean(i, flags.get(Math.min(i, flags.size() - 1)) != 0);
        }
      }
      default -> {
        if (!type.isInteger()) {
          throw OperandException.unsupported("constants of type %s", type);
        }
        int field =
            switch (type) {
              case INT64 -> 10;
              case UINT32 -> 16;
              case UINT64 -> 17;
              default -> 7;
            };
        List<Long> numbers = proto.integers(field);
        for (int i = 0; i < tensor.elements() && !numbers.isEmpty(); i++) {
          tensor.setInteger(i, numbers.get(Math.min(i, numbers.size() - 1)));
        }
      }
    }
    return tensor;
  }
}
