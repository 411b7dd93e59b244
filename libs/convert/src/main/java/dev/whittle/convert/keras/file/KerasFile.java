package dev.whittle.convert.keras.file;

import dev.whittle.ir.MalformedModelException;
import dev.whittle.ir.UnsupportedModelException;
import dev.whittle.json.Config;
import java.io.FileNotFoundException;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.function.Function;
import java.util.zip.CRC32;
import java.util.zip.ZipEntry;
import java.util.zip.ZipException;
import java.util.zip.ZipFile;
import org.jspecify.annotations.Nullable;

/**
 * An open file with a Keras model: a {@code .keras} archive (Keras 2.12 and later), a complete
 * model in HDF5 ({@code .h5}, {@code .hdf5}), HDF5 weights with a separate configuration, or the
 * {@code model.json} of TensorFlow.js. The format is detected by the contents, not by the file's
 * name. Constants of the model refer to the mapped file.
 */
public final class KerasFile implements AutoCloseable {
  static final String CONFIG = "config.json";
  static final String WEIGHTS = "model.weights.h5";
  private static final String METADATA = "metadata.json";
  private static final byte[] HDF5_MAGIC = {(byte) 0x89, 'H', 'D', 'F', '\r', '\n', 0x1a, '\n'};
  private static final byte[] ZIP_MAGIC = {'P', 'K'};
  private static final long MAX_CONFIG_BYTES = 256L << 20;

  /** The largest size of weights that are read into memory; larger ones use a temporary file. */
  private static final long MAX_IN_MEMORY = 1L << 30;

  /** The largest ratio that deflate reaches. */
  private static final long MAX_DEFLATE_RATIO = 1032;

  private final Config model;
  private final WeightStore weights;
  private final @Nullable Hdf5 hdf5;
  private final @Nullable Path temporary;

  private KerasFile(
      Config model, WeightStore weights, @Nullable Hdf5 hdf5, @Nullable Path temporary) {
    this.model = model;
    this.weights = weights;
    this.hdf5 = hdf5;
    this.temporary = temporary;
  }

  /**
   * Opens a file.
   *
   * @throws MalformedModelException if the file is broken
   * @throws UnsupportedModelException if it contains no Keras model
   * @throws IOException if the file cannot be read
   */
  public static KerasFile open(Path path) throws IOException {
    return open(path, null);
  }

  /**
   * Opens a file with weights.
   *
   * @param config the configuration, as written by {@code model.to_json()}, of a file without one;
   *     null if the file has one
   */
  public static KerasFile open(Path path, @Nullable Path config) throws IOException {
    checkReadable(path);
    byte[] start = start(path);
    Config stated = config == null ? null : parse(readConfig(config), config.toString());
    try {
      if (startsWith(start, ZIP_MAGIC)) {
        return openArchive(path, stated);
      }
      if (startsWith(start, HDF5_MAGIC)) {
        return openHdf5(path, stated);
      }
      if (start.length > 0 && (start[0] == '{' || Character.isWhitespace(start[0]))) {
        return TfjsFile.open(path, parse(readConfig(path), path.toString()));
      }
    } catch (UncheckedIOException e) {
      throw e.getCause();
    }
    throw new MalformedModelException(
        path
            + ": is neither a .keras archive, nor HDF5, nor the model.json of TensorFlow.js (begins"
            + " with "
            + hex(start)
            + ")");
  }

  private static byte[] start(Path path) throws IOException {
    try (InputStream in = Files.newInputStream(path)) {
      return in.readNBytes(HDF5_MAGIC.length);
    }
  }

  /** Returns whether a file begins like a {@code .keras} archive. */
  static boolean isArchive(Path path) throws IOException {
    return startsWith(start(path), ZIP_MAGIC);
  }

  static KerasFile of(Config model, WeightStore weights) {
    return new KerasFile(model, weights, null, null);
  }

  private static void checkReadable(Path path) throws IOException {
    if (Files.isDirectory(path)) {
      boolean savedModel = Files.exists(path.resolve("saved_model.pb"));
      throw new UnsupportedModelException(
          path.toString(),
          "is a folder" + (savedModel ? " with a SavedModel" : ""),
          savedModel
              ? "give it as --saved_model_dir"
              : "name the .keras, .h5 or model.json file itself");
    }
    if (!Files.exists(path)) {
      throw new NoSuchFileException(path.toString());
    }
    if (!Files.isReadable(path)) {
      throw new FileNotFoundException(path + ": permission denied");
    }
    if (Files.size(path) == 0) {
      throw new MalformedModelException(path + ": is empty");
    }
  }

  private static byte[] readConfig(Path path) throws IOException {
    checkReadable(path);
    if (Files.size(path) > MAX_CONFIG_BYTES) {
      throw new MalformedModelException(path + ": is too large for a configuration");
    }
    return Files.readAllBytes(path);
  }

  private static Config parse(byte[] json, String origin) {
    Config tree = Config.parse(json, origin, MalformedModelException::new);
    // TensorFlow.js and to_json() of old versions wrap the configuration.
    return tree.has("modelTopology") || !tree.has("model_config")
        ? tree
        : tree.object("model_config");
  }

  private static boolean startsWith(byte[] bytes, byte[] magic) {
    return bytes.length >= magic.length
        && java.util.Arrays.equals(bytes, 0, magic.length, magic, 0, magic.length);
  }

  private static String hex(byte[] bytes) {
    var text = new StringBuilder();
    for (byte b : bytes) {
      text.append(String.format(java.util.Locale.ROOT, "%02x ", b));
    }
    return text.toString().strip();
  }

  private static KerasFile openArchive(Path path, @Nullable Config stated) throws IOException {
    try (var zip = new ZipFile(path.toFile())) {
      Config config =
          stated != null
              ? stated
              : parse(read(path, zip, entry(path, zip, CONFIG)), path + "!" + CONFIG);
      ZipEntry entry = zip.getEntry(WEIGHTS);
      if (entry == null) {
        throw new MalformedModelException(
            path + ": holds no " + WEIGHTS + shards(zip) + "; save the model again as one file");
      }
      String origin = path + "!" + WEIGHTS;
      Path temporary = null;
      Hdf5 file;
      if (checkedSize(path, zip, entry) <= MAX_IN_MEMORY) {
        byte[] bytes = read(path, zip, entry);
        if (config.toString().contains("bfloat16")) {
          Hdf5.describeBrainFloats(bytes);
        }
        file = Hdf5.open(bytes, origin);
      } else {
        temporary = extract(zip, entry);
        file = Hdf5.open(temporary, origin, entry.getSize());
      }
      Config current = Topology.current(config, version(path, zip), List.of());
      return new KerasFile(current, new ArchiveWeights(file, assets(path)), file, temporary);
    } catch (ZipException e) {
      throw new MalformedModelException(
          path + ": is not a readable .keras archive: it is truncated or damaged", e);
    }
  }

  /** Returns the version of Keras that wrote an archive; empty if it is not stated. */
  private static String version(Path path, ZipFile zip) throws IOException {
    ZipEntry entry = zip.getEntry(METADATA);
    return entry == null
        ? ""
        : Config.parse(read(path, zip, entry), path + "!" + METADATA, MalformedModelException::new)
            .string("keras_version", "");
  }

  private static String shards(ZipFile zip) {
    return zip.stream().anyMatch(e -> e.getName().contains("weights"))
        ? " (its weights are in several files)"
        : "";
  }

  private static Function<String, @Nullable List<String>> assets(Path path) {
    return name -> {
      try (var zip = new ZipFile(path.toFile())) {
        ZipEntry entry = zip.getEntry("assets/" + name);
        return entry == null
            ? null
            : lines(new String(read(path, zip, entry), StandardCharsets.UTF_8));
      } catch (IOException e) {
        throw new UncheckedIOException(e);
      }
    };
  }

  /** Splits a text as {@code str.splitlines()} of Python does. */
  private static List<String> lines(String text) {
    List<String> lines =
        new ArrayList<>(
            List.of(
                text.split("\\r\\n|[\\n\\r\\u000b\\f\\u001c-\\u001e\\u0085\\u2028\\u2029]", -1)));
    if (lines.getLast().isEmpty()) {
      lines.removeLast();
    }
    return lines;
  }

  private static ZipEntry entry(Path path, ZipFile zip, String name) {
    ZipEntry entry = zip.getEntry(name);
    if (entry == null) {
      String first = zip.stream().findFirst().map(ZipEntry::getName).orElse("nothing");
      throw new MalformedModelException(
          path
              + ": is a zip archive without "
              + name
              + ", so not a .keras file (it holds "
              + Config.shorten(first)
              + ")");
    }
    return entry;
  }

  /** Returns the stated size of an entry, which must be possible in an archive of this size. */
  private static long checkedSize(Path path, ZipFile zip, ZipEntry entry) throws IOException {
    long size = entry.getSize();
    long compressed = entry.getCompressedSize();
    boolean stored = entry.getMethod() == ZipEntry.STORED;
    boolean possible =
        compressed >= 0
            && compressed <= Files.size(path)
            && (stored ? size == compressed : size >= 0 && size / MAX_DEFLATE_RATIO <= compressed);
    if (!possible || (entry.getName().equals(CONFIG) && size > MAX_CONFIG_BYTES)) {
      throw new MalformedModelException(
          "%s!%s: impossible sizes: %d bytes, %d compressed, in an archive of %d entries"
              .formatted(path, entry.getName(), size, compressed, zip.size()));
    }
    return size;
  }

  static byte[] read(Path path, ZipFile zip, ZipEntry entry) throws IOException {
    String place = path + "!" + entry.getName();
    long size = checkedSize(path, zip, entry);
    byte[] bytes = new byte[Math.toIntExact(size)];
    try (InputStream in = zip.getInputStream(entry)) {
      if (in.readNBytes(bytes, 0, bytes.length) != size || in.read() >= 0) {
        throw new MalformedModelException(place + ": has another size than the archive states");
      }
    } catch (ZipException | java.io.EOFException e) {
      throw new MalformedModelException(place + ": is truncated or damaged", e);
    }
    var checksum = new CRC32();
    checksum.update(bytes);
    if (entry.getCrc() >= 0 && checksum.getValue() != entry.getCrc()) {
      throw new MalformedModelException(place + ": is damaged (checksum)");
    }
    return bytes;
  }

  private static Path extract(ZipFile zip, ZipEntry entry) throws IOException {
    Path temporary = Files.createTempFile("whittle-", ".h5");
    temporary.toFile().deleteOnExit();
    try (InputStream in = zip.getInputStream(entry)) {
      Files.copy(in, temporary, java.nio.file.StandardCopyOption.REPLACE_EXISTING);
    }
    return temporary;
  }

  private static KerasFile openHdf5(Path path, @Nullable Config stated) throws IOException {
    Hdf5 file = Hdf5.open(path, path.toString(), Files.size(path));
    try {
      String json = file.text("/", "model_config");
      if (json == null && stated == null) {
        throw new UnsupportedModelException(
            path.toString(),
            "holds weights but no model",
            "give the model's configuration (model.to_json()) as --keras_config, or save the whole"
                + " model");
      }
      Config config =
          stated != null
              ? stated
              : parse(
                  json == null ? new byte[0] : json.getBytes(StandardCharsets.UTF_8),
                  path + "@model_config");
      List<String> layers = file.texts(folder(file), "layer_names");
      String version = file.text("/", "keras_version");
      Config named =
          Topology.current(
              config,
              config.string("keras_version", version == null ? "" : version),
              layers == null ? List.of() : layers);
      Config alone = json == null ? named : null;
      return new KerasFile(named, weights(file, path.toString(), alone), file, null);
    } catch (RuntimeException e) {
      file.close();
      throw e;
    }
  }

  /** Returns the group with the layers in a file of named weights. */
  private static String folder(Hdf5 file) {
    return file.has("model_weights") ? "/model_weights/" : "/";
  }

  private static List<String> layersWithWeights(Hdf5 file, String folder) {
    List<String> layers = file.texts(folder, "layer_names");
    if (layers == null) {
      return List.of();
    }
    return layers.stream()
        .filter(
            layer -> {
              List<String> names = file.texts(folder + layer, "weight_names");
              return names != null && !names.isEmpty();
            })
        .toList();
  }

  /**
   * Returns the weights of a file.
   *
   * @param stated the configuration, if the file contains weights only; else null
   */
  private static WeightStore weights(Hdf5 file, String origin, @Nullable Config stated) {
    if (file.has("layers") || file.has("_layer_checkpoint_dependencies")) {
      return new ArchiveWeights(file, name -> null);
    }
    String folder = folder(file);
    Map<String, String> renamed =
        stated == null ? Map.of() : RenamedLayers.match(stated, layersWithWeights(file, folder));
    return new NamedWeights(
        origin,
        layer -> {
          String stored = folder + renamed.getOrDefault(layer, layer);
          List<String> names = file.texts(stored, "weight_names");
          return names == null
              ? List.of()
              : names.stream()
                  .map(name -> new NamedWeights.Variable(name, stored + "/" + name))
                  .toList();
        },
        file::tensor);
  }

  /** Returns the configuration of the model: {@code class_name} and {@code config}. */
  public Config model() {
    return model;
  }

  public WeightStore weights() {
    return weights;
  }

  @Override
  public void close() throws IOException {
    if (hdf5 != null) {
      hdf5.close();
    }
    if (temporary != null) {
      Files.deleteIfExists(temporary);
    }
  }
}
