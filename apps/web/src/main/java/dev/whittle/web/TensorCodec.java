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

/** Tensors in the terms of the Open Inference Protocol, version 2: as JSON and as bytes. */
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

  /** What the protocol calls a type; its own name where the protocol has none. */
  static String name(TensorType type) {
    return NAMES.getOrDefault(type, type.name());
  }

  private static RequestException wrong(String format, Object... args) {
    return new RequestException(RequestException.BAD_REQUEST, format.formatted(args));
  }

  /**
   * Fills a tensor with what a request has as JSON.
   *
   * @param data numbers, truth values or texts in row-major order, nested or not
   * @throws RequestException with 400 if they are not what the tensor takes
   */
  static void fill(Tensor tensor, String input, Object data) {
    List<Object> flat = new ArrayList<>();
    flatten(data, flat, Math.toIntExact(tensor.elements()), input);
    if (flat.size() != tensor.elements()) {
      throw wrong("input '%s' has %d elements, not %d", input, flat.size(), tensor.elements());
    }
    if (tensor.type() == TensorType.STRING) {
      List<byte[]> texts = new ArrayList<>();
      for (Object item : flat) {
        texts.add(String.valueOf(item).getBytes(StandardCharsets.UTF_8));
      }
      tensor.setStrings(texts, tensor.dims());
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
          throw wrong("input '%s' has null for an element", input);
        }
        flatten(item, flat, limit, input);
      }
    } else if (flat.size() < limit) {
      flat.add(data);
    } else {
      throw wrong("input '%s' has more than %d elements", input, limit);
    }
  }

  private static void set(Tensor tensor, int index, Object item, String input) {
    switch (tensor.type()) {
      case FLOAT32 -> tensor.setFloat(index, number(item, input).floatValue());
      case FLOAT64 ->
          tensor.data().set(Tensor.DOUBLE, 8L * index, number(item, input).doubleValue());
      case BOOL -> {
        if (!(item instanceof Boolean flag)) {
          throw wrong("input '%s': %s is neither true nor false", input, item);
        }
        tensor.setBoolean(index, flag);
      }
      case INT8, UINT8, INT16, UINT16, INT32, UINT32, INT64, UINT64 -> {
        if (!(number(item, input) instanceof Long whole)) {
          throw wrong("input '%s': %s is no whole number", input, item);
        }
        tensor.setInteger(index, whole);
        if (tensor.getInteger(index) != whole) {
          throw wrong("input '%s': %d is not within %s", input, whole, name(tensor.type()));
        }
      }
      default ->
          throw wrong("input '%s' is %s: send it as binary data", input, name(tensor.type()));
    }
  }

  private static Number number(Object item, String input) {
    if (item instanceof Number number) {
      return number;
    }
    throw wrong("input '%s': '%s' is no number", input, item);
  }

  /**
   * Fills a tensor with what a request has as bytes: little-endian, texts after their length.
   *
   * @throws RequestException with 400 if there are too few or too many
   */
  static void fill(Tensor tensor, String input, MemorySegment bytes) {
    if (tensor.type() == TensorType.STRING) {
      tensor.setStrings(texts(tensor, input, bytes), tensor.dims());
      return;
    }
    if (bytes.byteSize() != tensor.data().byteSize()) {
      throw wrong(
          "input '%s' has %d bytes, not %d", input, bytes.byteSize(), tensor.data().byteSize());
    }
    tensor.data().copyFrom(bytes);
  }

  private static List<byte[]> texts(Tensor tensor, String input, MemorySegment bytes) {
    List<byte[]> texts = new ArrayList<>();
    long at = 0;
    while (at < bytes.byteSize() && texts.size() < tensor.elements()) {
      long length = at + 4 <= bytes.byteSize() ? bytes.get(Tensor.INT, at) & 0xffff_ffffL : -1;
      if (length < 0 || length > bytes.byteSize() - at - 4) {
        throw wrong("input '%s': a text goes beyond the end of the data", input);
      }
      texts.add(bytes.asSlice(at + 4, length).toArray(Tensor.BYTE));
      at += 4 + length;
    }
    if (at != bytes.byteSize() || texts.size() != tensor.elements()) {
      throw wrong("input '%s' has not %d texts", input, tensor.elements());
    }
    return texts;
  }

  /** A tensor's elements as JSON, in row-major order, not nested. */
  static void write(JsonGenerator json, Tensor tensor) {
    json.writeStartArray();
    if (tensor.type() == TensorType.STRING) {
      tensor.strings().forEach(text -> json.writeString(new String(text, StandardCharsets.UTF_8)));
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

  /** Whether {@link #write} can. */
  static boolean hasJson(TensorType type) {
    return type == TensorType.FLOAT32
        || type == TensorType.FLOAT64
        || type == TensorType.BOOL
        || type == TensorType.STRING
        || type.isInteger();
  }

  /** A tensor's elements as bytes. */
  static byte[] bytes(Tensor tensor) {
    if (tensor.type() != TensorType.STRING) {
      return tensor.data().toArray(Tensor.BYTE);
    }
    var bytes = new ByteArrayOutputStream();
    for (byte[] text : tensor.strings()) {
      ByteBuffer length = ByteBuffer.allocate(4).order(ByteOrder.LITTLE_ENDIAN);
      bytes.writeBytes(length.putInt(text.length).array());
      bytes.writeBytes(text);
    }
    return bytes.toByteArray();
  }

  /** The extents that a request states; null if they are none. */
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
