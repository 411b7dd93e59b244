package dev.whittle.cli;

import dev.whittle.cli.option.UsageException;
import dev.whittle.ir.UnsupportedModelException;
import dev.whittle.ir.Value;
import dev.whittle.ir.tensor.Quantization;
import dev.whittle.ir.tensor.Tensor;
import dev.whittle.ir.tensor.TensorType;
import dev.whittle.npz.DType;
import dev.whittle.npz.NpyArray;
import java.lang.foreign.MemorySegment;
import java.nio.ByteBuffer;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/**
 * Conversion between tensors and NumPy arrays. Integers of 4 and 2 bits become arrays of 8 bits.
 */
final class TensorArrays {
  private TensorArrays() {}

  /**
   * Copies an array into a tensor of the same number of elements. Narrower floats are widened;
   * wider ones are rounded and integers become floats, with a notice on standard error; integers of
   * another size are copied if all fit.
   *
   * @param name of the tensor in error messages
   * @throws UsageException if the array has another element type; the message names both
   */
  static void fill(Tensor tensor, NpyArray array, String name) {
    if (tensor.type() == TensorType.STRING) {
      if (!array.type().isString()) {
        throw wrongType(array, name, "strings");
      }
      tensor.setStrings(array.byteStrings(), tensor.dims());
      return;
    }
    DType expected = arrayType(tensor.type(), name);
    if (array.type() == expected && tensor.type().bits() >= 8) {
      tensor.data().copyFrom(array.data());
    } else if (!accepts(tensor.type(), isQuantized(tensor.quantization()), array.type())) {
      throw wrongType(array, name, "a tensor of " + tensor.type());
    } else if (isFloat(tensor.type())) {
      fillFloats(tensor, array, name);
    } else {
      fillIntegers(tensor, array, name);
    }
  }

  private static void fillFloats(Tensor tensor, NpyArray array, String name) {
    String type = array.type().name().toLowerCase(Locale.ROOT);
    if (isInteger(array.type())) {
      System.err.printf("input '%s': %s numbers are taken as they are%n", name, type);
    } else if (precision(arrayType(tensor.type(), name)) < precision(array.type())) {
      System.err.printf(
          "input '%s': %s numbers are rounded to %s%n",
          name, type, tensor.type().name().toLowerCase(Locale.ROOT));
    }
    if (tensor.type() == TensorType.FLOAT32) {
      float[] values = array.toFloats();
      MemorySegment.copy(values, 0, tensor.data(), Tensor.FLOAT, 0, values.length);
      return;
    }
    double[] values = array.toDoubles();
    for (int i = 0; i < values.length; i++) {
      tensor.setReal(i, values[i]);
    }
  }

  /** Returns the number of significant bits of a float type. */
  private static int precision(DType type) {
    return switch (type) {
      case BFLOAT16 -> 8;
      case FLOAT16 -> 11;
      case FLOAT32 -> 24;
      default -> 53;
    };
  }

  private static boolean isFloat(TensorType type) {
    return switch (type) {
      case FLOAT16, BFLOAT16, FLOAT32, FLOAT64 -> true;
      default -> false;
    };
  }

  private static void fillIntegers(Tensor tensor, NpyArray array, String name) {
    long[] values = array.toLongs();
    TensorType type = tensor.type();
    for (int i = 0; i < values.length; i++) {
      boolean fits =
          type.bits() == 64
              ? values[i] >= 0 || (type == TensorType.INT64 && array.type() != DType.UINT64)
              : values[i] >= type.minInteger() && values[i] <= type.maxInteger();
      if (!fits || (values[i] < 0 && array.type() == DType.UINT64)) {
        throw new UsageException(
            "input '%s': the array holds %s, which does not fit %s"
                .formatted(name, values[i], type));
      }
      tensor.setInteger(i, values[i]);
    }
  }

  /** Returns whether {@link #fill} copies elements of a type to an input, if their values fit. */
  static boolean accepts(Value input, DType array) {
    return accepts(input.type(), isQuantized(input.quantization()), array);
  }

  private static boolean accepts(TensorType tensor, boolean isQuantized, DType array) {
    if (tensor == TensorType.STRING) {
      return array.isString();
    }
    if (tensorType(array) == tensor) {
      return true;
    }
    return switch (tensor) {
      case FLOAT16, BFLOAT16, FLOAT32, FLOAT64 ->
          isInteger(array)
              || array == DType.FLOAT32
              || array == DType.FLOAT16
              || array == DType.BFLOAT16
              || array == DType.FLOAT64;
      case INT8, UINT8, INT16, UINT16, INT32, UINT32, INT64, UINT64 ->
          isInteger(array) && !isQuantized;
      default -> false;
    };
  }

  private static boolean isQuantized(@Nullable Quantization quantization) {
    return quantization != null && quantization.isQuantized();
  }

  private static boolean isInteger(DType type) {
    return type.name().contains("INT");
  }

  /** Returns the tensor type of elements of an array; null if there is none. */
  static @Nullable TensorType tensorType(DType type) {
    if (type.isString()) {
      return TensorType.STRING;
    }
    for (TensorType tensor : TensorType.values()) {
      if (tensor.name().equals(type.name())) {
        return tensor;
      }
    }
    return null;
  }

  private static UsageException wrongType(NpyArray array, String name, String expected) {
    return new UsageException(
        "input '%s': the array has the type %s; expected %s; convert it with NumPy's astype"
            .formatted(name, array.type().name().toLowerCase(Locale.ROOT), expected));
  }

  /** Returns a copy of a tensor. */
  static NpyArray toArray(Tensor tensor, String name) {
    int[] dims = tensor.dims();
    if (tensor.type() == TensorType.STRING) {
      List<String> text = text(tensor.strings());
      return text == null
          ? NpyArray.ofByteStrings(tensor.strings(), dims)
          : NpyArray.ofStrings(text, dims);
    }
    if (tensor.type().bits() < 8) {
      byte[] bytes = new byte[Math.toIntExact(tensor.elements())];
      for (int i = 0; i < bytes.length; i++) {
        bytes[i] = (byte) tensor.getInteger(i);
      }
      return NpyArray.of(bytes, dims);
    }
    var copy = MemorySegment.ofArray(new byte[size(tensor)]);
    copy.copyFrom(tensor.data());
    return NpyArray.of(arrayType(tensor.type(), name), copy, dims);
  }

  private static int size(Tensor tensor) {
    return Math.toIntExact(tensor.data().byteSize());
  }

  /** Decodes UTF-8; returns null if a string is not UTF-8. */
  private static @Nullable List<String> text(List<byte[]> strings) {
    List<String> text = new ArrayList<>();
    for (byte[] string : strings) {
      try {
        text.add(StandardCharsets.UTF_8.newDecoder().decode(ByteBuffer.wrap(string)).toString());
      } catch (CharacterCodingException e) {
        return null;
      }
    }
    return text;
  }

  private static DType arrayType(TensorType type, String name) {
    DType array =
        switch (type) {
          case FLOAT32 -> DType.FLOAT32;
          case FLOAT16 -> DType.FLOAT16;
          case BFLOAT16 -> DType.BFLOAT16;
          case FLOAT64 -> DType.FLOAT64;
          case INT8 -> DType.INT8;
          case INT16 -> DType.INT16;
          case INT32 -> DType.INT32;
          case INT64 -> DType.INT64;
          case UINT8 -> DType.UINT8;
          case UINT16 -> DType.UINT16;
          case UINT32 -> DType.UINT32;
          case UINT64 -> DType.UINT64;
          case BOOL -> DType.BOOL;
          case COMPLEX64 -> DType.COMPLEX64;
          case COMPLEX128 -> DType.COMPLEX128;
          case INT2, INT4, UINT4 -> DType.INT8;
          case STRING, RESOURCE, VARIANT, FLOAT8_E4M3FN, FLOAT8_E5M2 -> null;
        };
    if (array == null) {
      throw new UnsupportedModelException(
          "tensor '" + name + "'",
          "NumPy has no arrays of " + type,
          "choose a signature without this tensor");
    }
    return Objects.requireNonNull(array);
  }

  /** Returns a line with the type, the shape and the first elements. */
  static String describe(NpyArray array) {
    String contents;
    if (array.type().isString()) {
      contents = String.valueOf(array.strings().stream().limit(10).toList());
    } else if (array.type() == DType.COMPLEX64 || array.type() == DType.COMPLEX128) {
      contents = "";
    } else if (array.elements() <= 1 << 20) {
      double[] numbers = array.toDoubles();
      boolean isInteger = array.type().name().contains("INT") || array.type() == DType.BOOL;
      List<String> first = new ArrayList<>();
      for (double number : Arrays.copyOf(numbers, Math.min(10, numbers.length))) {
        first.add(isInteger ? Long.toString((long) number) : Float.toString((float) number));
      }
      contents = String.join(" ", first) + (numbers.length > 10 ? " ..." : "");
    } else {
      contents = "";
    }
    return "%s %s %s"
        .formatted(
            array.type().name().toLowerCase(Locale.ROOT), Arrays.toString(array.shape()), contents);
  }
}
