package dev.whittle.convert.keras.file;

import dev.whittle.ir.MalformedModelException;
import dev.whittle.ir.UnsupportedModelException;
import dev.whittle.ir.tensor.Tensor;
import dev.whittle.ir.tensor.TensorType;
import dev.whittle.json.Config;
import io.jhdf.HdfFile;
import io.jhdf.api.Attribute;
import io.jhdf.api.Dataset;
import io.jhdf.api.Group;
import io.jhdf.api.Node;
import io.jhdf.api.dataset.ContiguousDataset;
import io.jhdf.exceptions.HdfException;
import io.jhdf.object.datatype.FloatingPoint;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.reflect.Array;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/**
 * An open HDF5 file. Problems become a {@link MalformedModelException} that names the path within
 * the file. Contiguous data sets of 32-bit floats are not copied.
 */
final class Hdf5 implements AutoCloseable {
  /** The largest ratio of a data set to the file: the maximum that deflate reaches. */
  private static final int MAX_EXPANSION = 1032;

  private static final long SMALL = 1 << 20;

  private final HdfFile file;
  private final String origin;
  private final long maxBytes;

  private Hdf5(HdfFile file, String origin, long size) {
    this.file = file;
    this.origin = origin;
    this.maxBytes = Math.max(SMALL, Math.multiplyExact(size, (long) MAX_EXPANSION));
  }

  static Hdf5 open(Path path, String origin, long size) {
    return new Hdf5(guard(origin, () -> new HdfFile(path)), origin, size);
  }

  static Hdf5 open(byte[] bytes, String origin) {
    return new Hdf5(guard(origin, () -> HdfFile.fromBytes(bytes)), origin, bytes.length);
  }

  /**
   * Makes bfloat16 data sets readable. h5py stores them as opaque pairs of bytes without the tag
   * that the HDF5 library expects. So their type is changed to strings of two bytes, which need no
   * tag.
   */
  static void describeBrainFloats(byte[] file) {
    for (int i = 0; i + OPAQUE_PAIR.length <= file.length; i++) {
      if (file[i + 8] == OPAQUE && matches(file, i)) {
        file[i + 8] = STRING;
      }
    }
  }

  /** A message of an object header: type 3, 8 bytes, flags, then class 5 (opaque) of 2 bytes. */
  private static final byte[] OPAQUE_PAIR = {3, 0, 8, 0, 0, 0, 0, 0, 0x15, 0, 0, 0, 2, 0, 0, 0};

  private static final byte OPAQUE = 0x15;
  private static final byte STRING = 0x13;
  private static final int FLAGS = 4;

  private static boolean matches(byte[] file, int at) {
    for (int i = 0; i < OPAQUE_PAIR.length; i++) {
      if (i != FLAGS && file[at + i] != OPAQUE_PAIR[i]) {
        return false;
      }
    }
    return true;
  }

  /** Runs library code on a file that may be hostile; its exceptions are not documented. */
  private static <T extends @Nullable Object> T guard(String place, Supplier<T> reading) {
    try {
      return reading.get();
    } catch (MalformedModelException e) {
      throw e;
    } catch (RuntimeException | StackOverflowError | OutOfMemoryError | AssertionError e) {
      // Messages of other exceptions are about the library's code, not about the file.
      String reason =
          e instanceof HdfException && e.getMessage() != null
              ? Config.shorten(e.getMessage())
              : "it is truncated or damaged";
      throw new MalformedModelException(place + ": is not a readable HDF5 file: " + reason, e);
    }
  }

  private String place(String path) {
    return origin + ":" + (path.startsWith("/") ? path : "/" + path);
  }

  private @Nullable Node find(String path) {
    return guard(
        place(path),
        () -> {
          Node node = file;
          for (String name : path.split("/", -1)) {
            if (name.isEmpty()) {
              continue;
            }
            Node child = node instanceof Group group ? group.getChildren().get(name) : null;
            if (child == null) {
              return null;
            }
            node = child;
          }
          return node;
        });
  }

  boolean has(String path) {
    return find(path) != null;
  }

  /** Returns the names in a group; empty if there is no such group. */
  Set<String> children(String path) {
    Node node = find(path);
    return node instanceof Group group
        ? guard(place(path), () -> Set.copyOf(group.getChildren().keySet()))
        : Set.of();
  }

  /** Returns a text attribute; null if it is missing. */
  @Nullable String text(String path, String attribute) {
    return guard(
        place(path) + "@" + attribute,
        () -> {
          Attribute found = attribute(path, attribute);
          Object data = found == null ? null : found.getData();
          return data == null ? null : string(data);
        });
  }

  /** Returns a list of texts, which h5py splits where it is long; null if it is missing. */
  @Nullable List<String> texts(String path, String attribute) {
    return guard(
        place(path) + "@" + attribute,
        () -> {
          Attribute whole = attribute(path, attribute);
          if (whole != null) {
            return strings(whole);
          }
          List<String> all = new ArrayList<>();
          Attribute chunk = attribute(path, attribute + "0");
          if (chunk == null) {
            return null;
          }
          for (int i = 1; chunk != null; i++) {
            all.addAll(strings(chunk));
            chunk = attribute(path, attribute + i);
          }
          return all;
        });
  }

  private @Nullable Attribute attribute(String path, String attribute) {
    Node node = find(path);
    return node == null ? null : node.getAttributes().get(attribute);
  }

  private static List<String> strings(Attribute attribute) {
    if (attribute.isEmpty() || attribute.getSize() == 0) {
      return List.of();
    }
    Object data = attribute.getData();
    List<String> all = new ArrayList<>();
    if (data != null && data.getClass().isArray() && !(data instanceof byte[])) {
      for (int i = 0; i < Array.getLength(data); i++) {
        all.add(string(Array.get(data, i)));
      }
    } else if (data != null) {
      all.add(string(data));
    }
    return all;
  }

  private static String string(Object data) {
    return data instanceof byte[] bytes
        ? new String(bytes, StandardCharsets.UTF_8).replaceAll("\0+$", "")
        : String.valueOf(data);
  }

  /** Reads a data set, with floats of any width as 32-bit floats; null if it is missing. */
  @Nullable Tensor tensor(String path) {
    Node node = find(path);
    if (node == null) {
      return null;
    }
    return guard(
        place(path),
        () -> {
          if (!(node instanceof Dataset data)) {
            throw new MalformedModelException(place(path) + ": expected a data set, found a group");
          }
          return read(data, place(path));
        });
  }

  /**
   * Returns the offset in the file of a contiguous data set of 32-bit floats.
   *
   * @throws UnsupportedModelException if the data set is stored in another form or size
   */
  long addressOfFloats(String path, long elements) {
    if (find(path) instanceof ContiguousDataset data
        && data.getDataType() instanceof FloatingPoint type
        && type.getSize() == Float.BYTES
        && type.getByteOrder() == ByteOrder.LITTLE_ENDIAN
        && data.getSize() == elements) {
      return data.getDataAddress();
    }
    throw new UnsupportedModelException(
        place(path),
        "is not stored as %d contiguous 32-bit floats, so it cannot be replaced"
            .formatted(elements),
        "save the model with Keras' defaults, or write the trained model as .tflite");
  }

  private Tensor read(Dataset data, String place) {
    long bytes = data.getSizeInBytes();
    if (bytes > maxBytes || bytes < 0) {
      throw new MalformedModelException(
          "%s: states %,d bytes, more than the file can hold".formatted(place, bytes));
    }
    int[] dims = data.isScalar() ? new int[0] : data.getDimensions();
    if (data.isEmpty() || data.getSize() == 0) {
      return Tensor.allocate(TensorType.FLOAT32, dims);
    }
    ByteBuffer stored =
        data instanceof ContiguousDataset contiguous ? contiguous.getBuffer() : null;
    if (stored != null) {
      if (data.getDataType() instanceof FloatingPoint type
          && type.getSize() == Float.BYTES
          && type.getByteOrder() == ByteOrder.LITTLE_ENDIAN) {
        return new Tensor(
            TensorType.FLOAT32, dims, null, MemorySegment.ofBuffer(stored.asReadOnlyBuffer()));
      }
      Attribute dtype = data.getAttributes().get("dtype");
      if (dtype != null && "bfloat16".equals(string(dtype.getData()))) {
        return bfloat16(dims, stored.order(ByteOrder.LITTLE_ENDIAN));
      }
    }
    return convert(dims, data.getDataFlat(), place);
  }

  private static Tensor bfloat16(int[] dims, ByteBuffer stored) {
    Tensor tensor = Tensor.allocate(TensorType.FLOAT32, dims);
    for (int i = 0; i < tensor.elements(); i++) {
      tensor.setFloat(i, Float.intBitsToFloat(stored.getShort(2 * i) << 16));
    }
    return tensor;
  }

  private static Tensor convert(int[] dims, Object flat, String place) {
    return switch (flat) {
      case float[] values -> Tensor.of(values, dims);
      case double[] values -> {
        Tensor tensor = Tensor.allocate(TensorType.FLOAT32, dims);
        for (int i = 0; i < values.length; i++) {
          tensor.setFloat(i, (float) values[i]);
        }
        yield tensor;
      }
      case int[] values -> Tensor.of(values, dims);
      case long[] values -> {
        var data = Arena.ofAuto().allocate(8L * values.length, 8);
        for (int i = 0; i < values.length; i++) {
          data.setAtIndex(Tensor.LONG, i, values[i]);
        }
        yield new Tensor(TensorType.INT64, dims, null, data);
      }
      case byte[] values -> new Tensor(TensorType.INT8, dims, null, MemorySegment.ofArray(values));
      case Float value -> Tensor.of(new float[] {value}, dims);
      case Double value -> Tensor.of(new float[] {value.floatValue()}, dims);
      case Integer value -> Tensor.of(new int[] {value}, dims);
      case Long value -> Tensor.of(new int[] {Math.toIntExact(value)}, dims);
      default -> throw new MalformedModelException(place + ": expected numbers of 8 to 64 bits");
    };
  }

  String origin() {
    return origin;
  }

  @Override
  public void close() {
    file.close();
  }
}
