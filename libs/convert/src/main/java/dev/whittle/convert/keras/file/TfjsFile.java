package dev.whittle.convert.keras.file;

import dev.whittle.ir.MalformedModelException;
import dev.whittle.ir.UnsupportedModelException;
import dev.whittle.ir.tensor.Shape;
import dev.whittle.ir.tensor.Tensor;
import dev.whittle.ir.tensor.TensorType;
import dev.whittle.json.Config;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * The layers format of TensorFlow.js: a {@code model.json} with the topology and the names, types
 * and shapes of weights. Binary files beside it contain the weights in order, those of 8 and 16
 * bits quantized by a scale and a minimum.
 */
final class TfjsFile {
  /** A weight's description, the files of its group, and its offset in them. */
  private record Entry(Config description, List<Path> shards, long offset) {}

  private final Path path;
  private final Map<String, Entry> entries = new LinkedHashMap<>();
  private final Map<Path, MemorySegment> mapped = new LinkedHashMap<>();

  private TfjsFile(Path path) {
    this.path = path;
  }

  static KerasFile open(Path path, Config root) throws IOException {
    if (root.has("format") && root.string("format").equals("graph-model")) {
      throw new UnsupportedModelException(
          path.toString(),
          "is a TensorFlow.js graph model, which holds no layers",
          "convert the SavedModel it was made from");
    }
    if (!root.has("modelTopology")) {
      throw new UnsupportedModelException(
          path.toString(),
          root.has("class_name") ? "is a configuration without weights" : "is JSON of another kind",
          "give the weights' file as --keras_model_file and this one as --keras_config");
    }
    Config topology = root.object("modelTopology");
    Config model = topology.has("model_config") ? topology.object("model_config") : topology;
    var file = new TfjsFile(path);
    file.index(root);
    List<NamedWeights.Variable> all =
        file.entries.keySet().stream().map(name -> new NamedWeights.Variable(name, name)).toList();
    return KerasFile.of(
        Topology.current(model, topology.string("keras_version", ""), List.of()),
        new NamedWeights(path.toString(), layer -> all, file::tensor));
  }

  private void index(Config root) {
    if (!root.has("weightsManifest")) {
      throw new MalformedModelException(path + ": has no weightsManifest");
    }
    for (Config group : root.objects("weightsManifest")) {
      List<Path> shards = group.strings("paths").stream().map(this::shard).toList();
      long offset = 0;
      for (Config weight : group.objects("weights")) {
        entries.put(weight.string("name"), new Entry(weight, shards, offset));
        offset += bytes(weight);
      }
    }
  }

  /** Returns a file beside the model, which must lie in the model's folder. */
  private Path shard(String name) {
    Path folder = path.toAbsolutePath().normalize().getParent();
    Path shard = folder == null ? Path.of(name) : folder.resolve(name).normalize();
    if (folder == null || !shard.startsWith(folder)) {
      throw new MalformedModelException(
          path + ": the shard '" + Config.shorten(name) + "' lies outside the model's folder");
    }
    return shard;
  }

  private static String storedType(Config weight) {
    return weight.has("quantization")
        ? weight.object("quantization").string("dtype")
        : weight.string("dtype");
  }

  private static long bytes(Config weight) {
    int width =
        switch (storedType(weight)) {
          case "float32", "int32" -> 4;
          case "float16", "uint16" -> 2;
          case "uint8", "bool" -> 1;
          default ->
              throw weight.malformed("dtype", "float32, int32, bool, float16, uint8 or uint16");
        };
    return Math.multiplyExact(width, Shape.elements(dims(weight)));
  }

  private static int[] dims(Config weight) {
    int[] dims = weight.integers("shape");
    for (int dim : dims) {
      if (dim < 0) {
        throw weight.malformed("shape", "dimensions from 0");
      }
    }
    return dims;
  }

  private @Nullable Tensor tensor(String name) {
    Entry entry = entries.get(name);
    if (entry == null) {
      return null;
    }
    Config weight = entry.description;
    int[] dims = dims(weight);
    MemorySegment stored = bytes(entry, bytes(weight));
    return switch (storedType(weight)) {
      case "float32" -> new Tensor(TensorType.FLOAT32, dims, null, stored);
      case "int32" -> new Tensor(TensorType.INT32, dims, null, stored);
      case "bool" -> new Tensor(TensorType.BOOL, dims, null, stored);
      default -> dequantized(weight, dims, stored);
    };
  }

  private static Tensor dequantized(Config weight, int[] dims, MemorySegment stored) {
    Config quantization = weight.object("quantization");
    float scale = quantization.real("scale", 1);
    float min = quantization.real("min", 0);
    Tensor tensor = Tensor.allocate(TensorType.FLOAT32, dims);
    String type = storedType(weight);
    for (long i = 0; i < tensor.elements(); i++) {
      tensor.setFloat(
          i,
          switch (type) {
            case "float16" -> Float.float16ToFloat(stored.get(Tensor.SHORT, 2 * i));
            case "uint16" -> Short.toUnsignedInt(stored.get(Tensor.SHORT, 2 * i)) * scale + min;
            default -> Byte.toUnsignedInt(stored.get(ValueLayout.JAVA_BYTE, i)) * scale + min;
          });
    }
    return tensor;
  }

  private MemorySegment bytes(Entry entry, long size) {
    List<MemorySegment> parts = new ArrayList<>();
    long position = 0;
    long missing = size;
    for (Path shard : entry.shards) {
      MemorySegment bytes = map(shard);
      long from = Math.max(0, entry.offset - position);
      if (from < bytes.byteSize() && missing > 0) {
        long count = Math.min(missing, bytes.byteSize() - from);
        parts.add(bytes.asSlice(from, count));
        missing -= count;
      }
      position += bytes.byteSize();
    }
    if (missing > 0) {
      throw new MalformedModelException(
          "%s: the shards of '%s' end %,d bytes too early"
              .formatted(path, entry.description.string("name"), missing));
    }
    if (parts.size() == 1) {
      return parts.getFirst();
    }
    MemorySegment joined = Arena.ofAuto().allocate(Math.max(1, size), 8).asSlice(0, size);
    long at = 0;
    for (MemorySegment part : parts) {
      MemorySegment.copy(part, 0, joined, at, part.byteSize());
      at += part.byteSize();
    }
    return joined;
  }

  private MemorySegment map(Path shard) {
    return mapped.computeIfAbsent(
        shard,
        p -> {
          if (!Files.isRegularFile(p)) {
            throw new MalformedModelException(
                path + ": its shard " + p.getFileName() + " is missing");
          }
          try (FileChannel channel = FileChannel.open(p)) {
            return channel.map(FileChannel.MapMode.READ_ONLY, 0, channel.size(), Arena.ofAuto());
          } catch (IOException e) {
            throw new UncheckedIOException(e);
          }
        });
  }
}
