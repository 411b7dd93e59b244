package dev.whittle.tflite;

import dev.whittle.ir.GraphCheck;
import dev.whittle.ir.MalformedModelException;
import dev.whittle.ir.Metadata;
import dev.whittle.ir.Model;
import dev.whittle.ir.Signature;
import dev.whittle.ir.UnsupportedModelException;
import dev.whittle.ir.tensor.Constant;
import java.io.IOException;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * A reader of {@code .tflite} files.
 *
 * <p>Only the structure is decoded; constants are slices of the file. Files are untrusted: every
 * offset is checked, and the memory that decoding needs is limited by the size of the file.
 */
public final class TfliteReader {
  private TfliteReader() {}

  /**
   * Reads a file. It is mapped into memory, and stays so as long as the model is in use.
   *
   * @throws IOException if the file cannot be read
   * @throws MalformedModelException if the file is broken; the message names the file, the byte and
   *     the problem
   * @throws UnsupportedModelException if the file has external buffers
   */
  public static Model read(Path file) throws IOException {
    return read(map(file), file.toString());
  }

  /**
   * Maps a file into memory, read-only.
   *
   * @throws IOException if the file cannot be read
   */
  public static MemorySegment map(Path file) throws IOException {
    if (!Files.exists(file)) {
      throw new NoSuchFileException(file.toString());
    }
    if (Files.isDirectory(file)) {
      throw new IOException(file + " is a directory; expected a file");
    }
    try (FileChannel channel = FileChannel.open(file, StandardOpenOption.READ)) {
      return channel.map(FileChannel.MapMode.READ_ONLY, 0, channel.size(), Arena.ofAuto());
    }
  }

  /**
   * Reads a file in memory.
   *
   * @param file whole file; it must not change while the model is in use
   * @throws dev.whittle.ir.ModelException as {@link #read(Path)} does
   */
  public static Model read(byte[] file) {
    return read(MemorySegment.ofArray(file), "model");
  }

  /**
   * Reads a file in memory.
   *
   * @param file whole file; it must not change while the model is in use
   * @param name of the file in error messages
   * @throws dev.whittle.ir.ModelException as {@link #read(Path)} does
   */
  public static Model read(MemorySegment file, String name) {
    var source = new FlatTable.Source(file, name);
    FileKind.requireModel(file, name);
    FlatTable root = FlatTable.root(source, 0);
    int version = root.int32(Slots.MODEL_VERSION, 0);
    if (version != Model.FORMAT_VERSION) {
      throw source.malformed(
          root.position(), "format version %d; expected %d", version, Model.FORMAT_VERSION);
    }
    if (!root.tables(Slots.MODEL_EXTERNAL_BUFFERS, t -> t).isEmpty()) {
      throw new UnsupportedModelException(
          name,
          "its weights are in other files (external buffers)",
          "convert the model again with its weights inside");
    }
    List<MemorySegment> buffers =
        root.tables(Slots.MODEL_BUFFERS, buffer -> buffer(buffer, source));
    var graphs = new GraphReader(root, buffers);
    var model =
        new Model(
            version,
            root.stringOrEmpty(Slots.MODEL_DESCRIPTION),
            root.tables(Slots.MODEL_SUBGRAPHS, graphs::graph),
            root.tables(Slots.MODEL_SIGNATURES, TfliteReader::signature),
            withoutLocation(root.tables(Slots.MODEL_METADATA, entry -> metadata(entry, buffers))),
            TrailingZip.read(file));
    List<String> problems = GraphCheck.problems(model);
    if (!problems.isEmpty()) {
      throw new MalformedModelException(name + ": " + String.join("\n", problems));
    }
    return model;
  }

  /** Removes the entry about the place of buffers: the writer adds it again where it applies. */
  private static List<Metadata> withoutLocation(List<Metadata> all) {
    return all.stream().filter(m -> !m.name().equals(ModelLayout.LOCATION_NAME)).toList();
  }

  /** Returns the bytes of a buffer, inside or outside the flatbuffer; empty if it has none. */
  private static MemorySegment buffer(FlatTable buffer, FlatTable.Source source) {
    MemorySegment inside = buffer.vector(Slots.BUFFER_DATA, 1);
    if (inside != null && inside.byteSize() > 0) {
      return inside;
    }
    long offset = buffer.int64(Slots.BUFFER_OFFSET, 0);
    long size = buffer.int64(Slots.BUFFER_SIZE, 0);
    // Offsets 0 and 1 mean "none": converters write 1 as a placeholder.
    if (offset == 0 || offset == 1 || size == 0 || size == 1) {
      return MemorySegment.NULL;
    }
    return outside(buffer, source, offset, size);
  }

  static MemorySegment outside(FlatTable table, FlatTable.Source source, long offset, long size) {
    if (offset < 0 || size < 0 || offset > source.size() - size) {
      throw source.malformed(
          table.position(),
          "a buffer of %d bytes at byte %d exceeds the file of %d bytes",
          size,
          offset,
          source.size());
    }
    return source.slice(offset, size);
  }

  /**
   * Returns the buffer with an index; null if it is empty.
   *
   * @param user table that refers to the buffer
   */
  static @Nullable Constant constant(FlatTable user, long index, List<MemorySegment> buffers) {
    if (index >= buffers.size()) {
      throw user.source()
          .malformed(
              user.position(), "buffer %d does not exist; the file has %d", index, buffers.size());
    }
    MemorySegment bytes = buffers.get((int) index);
    return bytes.byteSize() == 0 ? null : Constant.of(bytes);
  }

  private static Metadata metadata(FlatTable entry, List<MemorySegment> buffers) {
    Constant data = constant(entry, entry.uint32(Slots.METADATA_BUFFER), buffers);
    return new Metadata(
        entry.stringOrEmpty(Slots.METADATA_NAME), data == null ? Constant.of(new byte[0]) : data);
  }

  private static Signature signature(FlatTable table) {
    long graph = table.uint32(Slots.SIGNATURE_SUBGRAPH);
    return new Signature(
        table.stringOrEmpty(Slots.SIGNATURE_KEY),
        (int) Math.min(graph, Integer.MAX_VALUE),
        table.tables(Slots.SIGNATURE_INPUTS, TfliteReader::port),
        table.tables(Slots.SIGNATURE_OUTPUTS, TfliteReader::port));
  }

  private static Signature.Port port(FlatTable table) {
    return new Signature.Port(
        table.stringOrEmpty(Slots.PORT_NAME),
        (int) Math.min(table.uint32(Slots.PORT_TENSOR), Integer.MAX_VALUE));
  }
}
