package dev.whittle.web;

import dev.whittle.ir.tensor.Tensor;
import dev.whittle.ir.tensor.TensorType;
import java.io.ByteArrayOutputStream;
import java.lang.foreign.MemorySegment;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import tools.jackson.core.JsonGenerator;

/** Reading and writing of tensors by the Open Inference Protocol, version 2: JSON and binary. */
final class TensorCodec {
  private static final Map<TensorType, String> NAMES = new EnumMap<>(TensorType.class);

  static {
    NAMES.put(TensorType.BOOL, "BOOL");
    NAMES.put(TensorType.UINT8, "UINT8");
    NAMES.put(TensorType.UINT16, "UINT16");
    NAMES.put(TensorType.UINT32, "UINT32");
    NAMES.put(TensorType.UINT64, "UINT64");
    NAMES.put(TensorType.INT8, "INT8");
    NAMES.put(TensorType.INT16, "INT16");
    NAMES.put(TensorType.INT32, "INT32");
    NAMES.put(TensorType.INT64, "INT64");
    NAMES.put(TensorType.FLOAT16, "FP16");
    NAMES.put(TensorType.FLOAT32, "FP32");
    NAMES.put(TensorType.FLOAT64, "FP64");
    NAMES.put(TensorType.STRING, "BYTES");
  }

  private TensorCodec() {}

  /** Returns the protocol's name of a type; the type's own name if the protocol has none. */
  static String name(TensorType type) {
    return NAMES.getOrDefault(type, type.name());
  }

  private static RequestException wrong(String format, Object... args) {
    return new RequestException(RequestException.BAD_REQUEST, format.formatted(args));
  }

  /**
   * Fills a tensor with the JSON data of a request.
   *
   * @param input name of the tensor
   * @param data numbers, booleans or strings in row-major order, nested or flat
   * @throws RequestException with 400 if the data does not fit the tensor
   */
  static void fill(Tensor tensor, String input, Object data) {
    List<Object> flat = new ArrayList<>();
    flatten(data, flat, Math.toIntExact(tensor.elements()), input);
    if (flat.size() != tensor.elements()) {
      throw wrong("input '%s' has %d elements; expected %d", input, flat.size(), tensor.elements());
    }
    if (tensor.type() == TensorType.STRING) {
      List<byte[]> strings = new ArrayList<>();
      for (Object item : flat) {
        strings.add(String.valueOf(item).getBytes(StandardCharsets.UTF_8));
      }
      tensor.setStrings(strings, tensor.dims());
      return;
    }
    for (int i = 0; i < flat.size(); i++) {
      set(tensor, i, flat.get(i), input);
    }
  }

  private static void flatten(Object data, List<Object> flat, int limit, String input) {
    if (data instanceof List<?> items) {
      for (Object item : items) {
        if (item == null) {
          throw wrong("input '%s' has a null element; expected values", input);
        }
        flatten(item, flat, limit, input);
      }
    } else if (flat.size() < limit) {
      flat.add(data);
    } else {
      throw wrong("input '%s' has too many elements; expected %d", input, limit);
    }
  }

  private static void set(Tensor tensor, int index, Object item, String input) {
    switch (tensor.type()) {
      case FLOAT32 -> tensor.setFloat(index, number(item, input).floatValue());
      case FLOAT64 ->
          tensor.data().set(Tensor.DOUBLE, 8L * index, number(item, input).doubleValue());
      case BOOL -> {
        if (!(item instanceof Boolean flag)) {
          throw wrong("input '%s': found %s; expected true or false", input, item);
        }
        tensor.setBoolean(index, flag);
      }
      case INT8, UINT8, INT16, UINT16, INT32, UINT32, INT64, UINT64 -> {
        if (!(number(item, input) instanceof Long integer)) {
          throw wrong("input '%s': found %s; expected an integer", input, item);
        }
        tensor.setInteger(index, integer);
        if (tensor.getInteger(index) != integer) {
          throw wrong(
              "input '%s': %d is out of the range of %s", input, integer, name(tensor.type()));
        }
      }
      default ->
          throw wrong(
              "input '%s' is %s, which has no JSON form; send it as binary data",
              input, name(tensor.type()));
    }
  }

  private static Number number(Object item, String input) {
    if (item instanceof Number number) {
      return number;
    }
    throw wrong("input '%s': found '%s'; expected a number", input, item);
  }

  /**
   * Fills a tensor with the binary data of a request.
   *
   * @param input name of the tensor
   * @param bytes little endian elements; strings each follow their length in 32 bits
   * @throws RequestException with 400 if there are too few or too many bytes
   */
  static void fill(Tensor tensor, String input, MemorySegment bytes) {
    if (tensor.type() == TensorType.STRING) {
      tensor.setStrings(strings(tensor, input, bytes), tensor.dims());
      return;
    }
    if (bytes.byteSize() != tensor.data().byteSize()) {
      throw wrong(
          "input '%s' has %d bytes; expected %d",
          input, bytes.byteSize(), tensor.data().byteSize());
    }
    tensor.data().copyFrom(bytes);
  }

  private static List<byte[]> strings(Tensor tensor, String input, MemorySegment bytes) {
    List<byte[]> strings = new ArrayList<>();
    long at = 0;
    while (at < bytes.byteSize() && strings.size() < tensor.elements()) {
      long length = at + 4 <= bytes.byteSize() ? bytes.get(Tensor.INT, at) & 0xffff_ffffL : -1;
      if (length < 0 || length > bytes.byteSize() - at - 4) {
        throw wrong(
            "input '%s': string %d exceeds the data of %d bytes",
            input, strings.size(), bytes.byteSize());
      }
      strings.add(bytes.asSlice(at + 4, length).toArray(Tensor.BYTE));
      at += 4 + length;
    }
    if (at != bytes.byteSize() || strings.size() != tensor.elements()) {
      throw wrong(
          "input '%s' has %d strings in %d of %d bytes; expected %d strings",
          input, strings.size(), at, bytes.byteSize(), tensor.elements());
    }
    return strings;
  }

  /** Writes a tensor's elements as a flat JSON array, in row-major order. */
  static void write(JsonGenerator json, Tensor tensor) {
    json.writeStartArray();
    if (tensor.type() == TensorType.STRING) {
      tensor
          .strings()
          .forEach(string -> json.writeString(new String(string, StandardCharsets.UTF_8)));
    } else {
      for (long i = 0; i < tensor.elements(); i++) {
        switch (tensor.type()) {
          case FLOAT32 -> json.writeNumber(tensor.getFloat(i));
          case FLOAT64 -> json.writeNumber(tensor.data().get(Tensor.DOUBLE, 8 * i));
          case BOOL -> json.writeBoolean(tensor.getBoolean(i));
          default -> json.writeNumber(tensor.getInteger(i));
        }
      }
    }
    json.writeEndArray();
  }

  /** Returns whether {@link #write} supports a type. */
  static boolean hasJson(TensorType type) {
    return type == TensorType.FLOAT32
        || type == TensorType.FLOAT64
        || type == TensorType.BOOL
        || type == TensorType.STRING
        || type.isInteger();
  }

  /** Returns a tensor's elements as binary data of the protocol. */
  static byte[] bytes(Tensor tensor) {
    if (tensor.type() != TensorType.STRING) {
      return tensor.data().toArray(Tensor.BYTE);
    }
    var bytes = new ByteArrayOutputStream();
    for (byte[] string : tensor.strings()) {
      ByteBuffer length = ByteBuffer.allocate(4).order(ByteOrder.LITTLE_ENDIAN);
      bytes.writeBytes(length.putInt(string.length).array());
      bytes.writeBytes(string);
    }
    return bytes.toByteArray();
  }

  /** Returns the dimensions in a request; null if they are not integers from 0. */
  static int @Nullable [] dims(List<?> shape) {
    int[] dims = new int[shape.size()];
    for (int i = 0; i < dims.length; i++) {
      if (!(shape.get(i) instanceof Long dimension)
          || dimension < 0
          || dimension > Integer.MAX_VALUE) {
        return null;
      }
      dims[i] = dimension.intValue();
    }
    return dims;
  }
}
