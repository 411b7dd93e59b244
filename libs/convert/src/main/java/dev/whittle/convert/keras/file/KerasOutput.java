package dev.whittle.convert.keras.file;

import dev.whittle.io.AtomicFile;
import dev.whittle.ir.UnsupportedModelException;
import dev.whittle.ir.tensor.Tensor;
import dev.whittle.json.JsonOutput;
import io.jhdf.HdfFile;
import io.jhdf.api.WritableGroup;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.lang.reflect.Array;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.LocalDateTime;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.zip.ZipEntry;
import java.util.zip.ZipFile;
import java.util.zip.ZipOutputStream;

/** A writer of {@code .keras} archives, and of copies of Keras files with other weights. */
public final class KerasOutput {
  /** The version of Keras whose file layout is written. */
  private static final String KERAS_VERSION = "3.15.1";

  /** A fixed time, so that equal models give equal files. */
  private static final LocalDateTime ENTRY_TIME = LocalDateTime.of(1980, 1, 1, 0, 0);

  private static final long MAX_BYTES = 1L << 30;

  private KerasOutput() {}

  /**
   * Writes a {@code .keras} archive.
   *
   * @param model the configuration, such as {@code class_name} and {@code config}, of maps, lists,
   *     texts, numbers, booleans and null
   * @param variables floats by their path among the weights, such as {@code layers/dense/vars/0}
   */
  public static void write(Path path, Map<String, ?> model, Map<String, Tensor> variables)
      throws IOException {
    byte[] weights = hdf5(variables);
    String metadata = "{\"keras_version\": \"" + KERAS_VERSION + "\"}";
    AtomicFile.write(
        path,
        out -> {
          var zip = new ZipOutputStream(out);
          store(zip, "metadata.json", metadata.getBytes(StandardCharsets.UTF_8));
          store(zip, KerasFile.CONFIG, JsonOutput.bytes(model));
          store(zip, KerasFile.WEIGHTS, weights);
          zip.finish();
        });
  }

  private static void store(ZipOutputStream zip, String name, byte[] contents) throws IOException {
    var entry = new ZipEntry(name);
    entry.setTimeLocal(ENTRY_TIME);
    zip.putNextEntry(entry);
    zip.write(contents);
    zip.closeEntry();
  }

  private static byte[] hdf5(Map<String, Tensor> variables) throws IOException {
    Path temporary = Files.createTempFile("whittle-", ".h5");
    try {
      try (var file = HdfFile.write(temporary)) {
        Map<String, WritableGroup> groups = new HashMap<>();
        variables.forEach(
            (path, tensor) -> {
              int cut = path.lastIndexOf('/');
              group(file, groups, path.substring(0, cut))
                  .putDataset(path.substring(cut + 1), nested(tensor));
            });
      }
      return Files.readAllBytes(temporary);
    } finally {
      Files.deleteIfExists(temporary);
    }
  }

  private static WritableGroup group(
      WritableGroup root, Map<String, WritableGroup> groups, String path) {
    if (path.isEmpty()) {
      return root;
    }
    WritableGroup known = groups.get(path);
    if (known == null) {
      int cut = path.lastIndexOf('/');
      known =
          group(root, groups, cut < 0 ? "" : path.substring(0, cut))
              .putGroup(path.substring(cut + 1));
      groups.put(path, known);
    }
    return known;
  }

  /** Returns nested arrays, as the HDF5 library expects them. */
  private static Object nested(Tensor tensor) {
    float[] flat = tensor.toFloats();
    return tensor.rank() == 0 ? flat[0] : nested(flat, 0, flat.length, tensor.dims(), 0);
  }

  private static Object nested(float[] flat, int from, int size, int[] dims, int axis) {
    if (axis == dims.length - 1) {
      return java.util.Arrays.copyOfRange(flat, from, from + size);
    }
    int[] rest = new int[dims.length - axis];
    rest[0] = dims[axis];
    Object array = Array.newInstance(float.class, rest);
    int part = dims[axis] == 0 ? 0 : size / dims[axis];
    for (int i = 0; i < dims[axis]; i++) {
      Array.set(array, i, nested(flat, from + i * part, part, dims, axis + 1));
    }
    return array;
  }

  /**
   * Copies a {@code .keras} or HDF5 file with other contents of some variables. Everything else,
   * including the configuration, is unchanged.
   *
   * @param variables contents by the names of {@link WeightStore.Scope#variable}
   * @throws UnsupportedModelException if the file stores a variable in a form that cannot be
   *     replaced
   */
  public static void replaceVariables(Path source, Map<String, float[]> variables, Path target)
      throws IOException {
    if (Files.size(source) > MAX_BYTES) {
      throw new UnsupportedModelException(
          source.toString(), "is larger than 1 GiB", "write the trained model as .tflite");
    }
    if (!KerasFile.isArchive(source)) {
      byte[] file = Files.readAllBytes(source);
      replace(source, file, variables);
      AtomicFile.write(target, out -> out.write(file));
      return;
    }
    try (var zip = new ZipFile(source.toFile())) {
      byte[] weights = KerasFile.read(source, zip, zip.getEntry(KerasFile.WEIGHTS));
      replace(source, weights, variables);
      AtomicFile.write(target, out -> copy(zip, weights, out));
    }
  }

  private static void copy(ZipFile zip, byte[] weights, OutputStream out) throws IOException {
    var copy = new ZipOutputStream(out);
    for (ZipEntry entry : List.copyOf(zip.stream().toList())) {
      if (entry.getName().equals(KerasFile.WEIGHTS)) {
        store(copy, KerasFile.WEIGHTS, weights);
      } else {
        var same = new ZipEntry(entry.getName());
        same.setTimeLocal(entry.getTimeLocal());
        copy.putNextEntry(same);
        try (InputStream in = zip.getInputStream(entry)) {
          in.transferTo(copy);
        }
        copy.closeEntry();
      }
    }
    copy.finish();
  }

  private static void replace(Path source, byte[] file, Map<String, float[]> variables) {
    try (Hdf5 read = Hdf5.open(file.clone(), source.toString())) {
      ByteBuffer bytes = ByteBuffer.wrap(file).order(ByteOrder.LITTLE_ENDIAN);
      variables.forEach(
          (name, numbers) -> {
            long at = read.addressOfFloats(name, numbers.length);
            for (int i = 0; i < numbers.length; i++) {
              bytes.putFloat(Math.toIntExact(at + 4L * i), numbers[i]);
            }
          });
    }
  }
}
