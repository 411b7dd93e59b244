package dev.whittle.data;

import dev.whittle.ir.tensor.Tensor;
import dev.whittle.ir.tensor.TensorType;
import dev.whittle.npz.DType;
import dev.whittle.npz.NpyArray;
import dev.whittle.npz.NpyFile;
import dev.whittle.npz.NpyHeader;
import dev.whittle.npz.Npz;
import dev.whittle.npz.NpzReader;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.Collection;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.OptionalLong;
import java.util.SequencedMap;
import org.jspecify.annotations.Nullable;

/**
 * The rows of arrays in an {@code .npz} archive; the first axis counts samples. The names of the
 * arrays are those of the model's inputs, or are assigned to them. One array may hold the labels.
 */
public final class NpzSamples implements Samples {
  /** The bytes of an array that are read at once; at least one row. */
  private static final long CHUNK_BYTES = 4 << 20;

  private final Path file;
  private final SequencedMap<String, String> arrays;
  private final @Nullable String labelColumn;
  private final long @Nullable [] labels;
  private final @Nullable PixelScale scale;
  private final int rows;

  private NpzSamples(
      Path file,
      SequencedMap<String, String> arrays,
      @Nullable String labelColumn,
      long @Nullable [] labels,
      @Nullable PixelScale scale,
      int rows) {
    this.file = file;
    this.arrays = arrays;
    this.labelColumn = labelColumn;
    this.labels = labels;
    this.scale = scale;
    this.rows = rows;
  }

  /** The values of pixels 0 and 255, between which those of bytes are interpolated. */
  private record PixelScale(float low, float high) {}

  /**
   * Opens an archive all of whose arrays are inputs but the labels, and checks that they have the
   * same number of rows.
   *
   * @param labels the name of an array in the archive, or an {@code .npy} file, with a class index
   *     for each sample; null for samples without labels
   * @throws IOException if the arrays have no rows or different numbers of rows, or the labels are
   *     not class indices
   */
  public static NpzSamples of(Path file, @Nullable String labels) throws IOException {
    SequencedMap<String, String> arrays = new LinkedHashMap<>();
    try (NpzReader reader = Npz.open(file)) {
      reader.names().stream().filter(n -> !n.equals(labels)).forEach(n -> arrays.put(n, n));
    }
    return of(file, arrays, labels);
  }

  /**
   * Opens some arrays of an archive, and checks that they have the same number of rows.
   *
   * @param arrays the names of arrays by the names of the inputs that they are for
   * @param labels the name of an array in the archive, or an {@code .npy} file, with a class index
   *     for each sample; null for samples without labels
   * @throws IOException if the arrays have no rows or different numbers of rows, or the labels are
   *     not class indices
   */
  public static NpzSamples of(
      Path file, SequencedMap<String, String> arrays, @Nullable String labels) throws IOException {
    try (NpzReader reader = Npz.open(file)) {
      int rows = rows(file, reader, arrays.values());
      long[] classes = null;
      if (labels != null) {
        boolean inArchive = reader.names().contains(labels);
        if (!inArchive && !Files.isRegularFile(Path.of(labels))) {
          throw new IOException(
              "%s: holds no array '%s' with labels, nor is there such a file; its arrays are %s"
                  .formatted(file, labels, reader.names()));
        }
        classes = classes(inArchive ? reader.array(labels) : NpyFile.read(Path.of(labels)), labels);
        if (classes.length != rows) {
          throw new IOException(
              "%s: '%s' holds %d labels for %d samples"
                  .formatted(file, labels, classes.length, rows));
        }
      }
      return new NpzSamples(file, new LinkedHashMap<>(arrays), labels, classes, null, rows);
    }
  }

  /**
   * Returns these samples with bytes scaled to floats, as the pixels of images are.
   *
   * @param low the float for 0
   * @param high the float for 255
   */
  public NpzSamples withPixels(float low, float high) {
    return new NpzSamples(file, arrays, labelColumn, labels, new PixelScale(low, high), rows);
  }

  private static int rows(Path file, NpzReader reader, Collection<String> columns)
      throws IOException {
    Map<String, Integer> counts = new LinkedHashMap<>();
    for (String column : columns) {
      NpyHeader header = reader.header(column);
      if (header.rank() == 0) {
        throw new IOException(
            "%s: array '%s' is a scalar; its first axis must count samples"
                .formatted(file, column));
      }
      counts.put(column, header.rows());
    }
    if (counts.isEmpty()) {
      throw new IOException(file + ": contains no arrays with samples");
    }
    if (counts.values().stream().distinct().count() != 1) {
      throw new IOException(file + ": the arrays hold different numbers of samples: " + counts);
    }
    int rows = counts.values().iterator().next();
    if (rows == 0) {
      throw new IOException(file + ": the arrays hold no samples");
    }
    return rows;
  }

  private static long[] classes(NpyArray array, String name) throws IOException {
    boolean integers = array.type().name().contains("INT") || array.type() == DType.BOOL;
    if (!integers) {
      throw new IOException(
          "labels '%s' have type %s, but must be integers".formatted(name, array.type()));
    }
    long[] classes = array.toLongs();
    if (Arrays.stream(classes).anyMatch(c -> c < 0 || c > Integer.MAX_VALUE)) {
      throw new IOException(
          "labels '%s' contain a class index below 0 or above %d"
              .formatted(name, Integer.MAX_VALUE));
    }
    return classes;
  }

  @Override
  public OptionalLong size() {
    return OptionalLong.of(rows);
  }

  @Override
  public String origin() {
    return file.toString();
  }

  /** Returns the names of the arrays that hold inputs. */
  public List<String> columns() {
    return List.copyOf(arrays.values());
  }

  /** Returns the name of the array or file with the labels; null if the samples have none. */
  public @Nullable String labelColumn() {
    return labelColumn;
  }

  @Override
  public Reader open() throws IOException {
    return new RowReader(Npz.open(file));
  }

  /** Reads all columns in parallel, a chunk of rows at a time. */
  private final class RowReader implements Reader {
    private final NpzReader reader;
    private final Map<String, Chunk> chunks = new LinkedHashMap<>();
    private int next;

    /** Rows of an array; strings are decoded once. */
    private record Chunk(TensorType type, NpyArray array, int from, List<byte[]> strings) {}

    RowReader(NpzReader reader) {
      this.reader = reader;
    }

    @Override
    public @Nullable Sample next() throws IOException {
      if (next == rows) {
        return null;
      }
      var inputs = new LinkedHashMap<String, Tensor>();
      for (Map.Entry<String, String> array : arrays.entrySet()) {
        inputs.put(array.getKey(), scaled(row(array.getValue())));
      }
      int label = labels == null ? Sample.NO_LABEL : (int) labels[next];
      next++;
      return new Sample(inputs, label);
    }

    private Tensor scaled(Tensor row) {
      PixelScale pixels = scale;
      if (pixels == null || row.type() != TensorType.UINT8) {
        return row;
      }
      float[] values = new float[Math.toIntExact(row.elements())];
      float step = (pixels.high - pixels.low) / 255;
      for (int i = 0; i < values.length; i++) {
        values[i] = pixels.low + row.getInteger(i) * step;
      }
      return Tensor.onHeap(values, row.dims());
    }

    private Tensor row(String column) throws IOException {
      Chunk chunk = chunks.get(column);
      if (chunk == null || next >= chunk.from + chunk.array.shape()[0]) {
        NpyHeader header = reader.header(column);
        long rowBytes = Math.max(1, header.byteSize() / Math.max(1, header.rows()));
        int count = (int) Math.min(rows - next, Math.max(1, CHUNK_BYTES / rowBytes));
        NpyArray array = reader.rows(column, next, next + count);
        List<byte[]> strings = array.type().isString() ? array.byteStrings() : List.of();
        chunk = new Chunk(ArrayTypes.tensorType(array.type(), column), array, next, strings);
        chunks.put(column, chunk);
      }
      int[] shape = chunk.array.shape();
      if (chunk.type == TensorType.STRING) {
        return strings(chunk, shape);
      }
      long bytes = chunk.array.data().byteSize() / shape[0];
      return new Tensor(
          chunk.type,
          Arrays.copyOfRange(shape, 1, shape.length),
          null,
          chunk.array.data().asSlice((next - chunk.from) * bytes, bytes));
    }

    private Tensor strings(Chunk chunk, int[] shape) {
      List<byte[]> all = chunk.strings;
      int count = all.size() / shape[0];
      int from = (next - chunk.from) * count;
      var row = new Tensor(TensorType.STRING, null, Tensor.Allocator.AUTOMATIC);
      row.setStrings(all.subList(from, from + count), Arrays.copyOfRange(shape, 1, shape.length));
      return row;
    }

    @Override
    public void close() throws IOException {
      reader.close();
    }
  }
}
