package dev.whittle.tflite;

import dev.whittle.io.AtomicFile;
import dev.whittle.ir.GraphCheck;
import dev.whittle.ir.Model;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.Channels;
import java.nio.channels.WritableByteChannel;
import java.nio.file.Path;

/** Writes {@code .tflite} files. */
public final class TfliteWriter {
  /** Flatbuffers end where their signed 32-bit offsets do; this leaves room for the structure. */
  private static final long MAX_INSIDE = Integer.MAX_VALUE - (64L << 20);

  private TfliteWriter() {}

  /** Where the bytes of constants go. */
  public enum Placement {
    /** Inside the flatbuffer, as all runtimes read them. */
    INSIDE,
    /** After the flatbuffer, as only models over 2 GB need and runtimes since 2.16 read. */
    AFTER
  }

  /** The file of a model, with constants where they fit. */
  public static byte[] toBytes(Model model) {
    return toBytes(model, placement(model));
  }

  /**
   * The file of a model.
   *
   * @throws dev.whittle.ir.InvalidGraphException if the model breaks a rule of {@link GraphCheck}
   * @throws dev.whittle.ir.UnsupportedModelException if it has options of a newer schema
   * @throws IllegalArgumentException if it does not fit into an array
   */
  public static byte[] toBytes(Model model, Placement placement) {
    GraphCheck.check(model);
    return new ModelLayout(model, placement).toBytes();
  }

  /** Writes a model to a file, with constants where they fit. */
  public static void write(Model model, Path file) throws IOException {
    write(model, file, placement(model));
  }

  /**
   * Writes a model to a file. It appears under its name only when it is complete.
   *
   * @throws IOException if the file cannot be written, or is a directory
   */
  public static void write(Model model, Path file, Placement placement) throws IOException {
    GraphCheck.check(model);
    AtomicFile.write(
        file,
        out -> {
          WritableByteChannel channel = Channels.newChannel(out);
          for (ByteBuffer part : new ModelLayout(model, placement).parts()) {
            while (part.hasRemaining()) {
              channel.write(part);
            }
          }
        });
  }

  private static Placement placement(Model model) {
    long bytes =
        model.graphs().stream()
            .flatMap(g -> g.values().stream())
            .mapToLong(v -> v.data() == null ? 0 : v.data().byteSize())
            .sum();
    return bytes > MAX_INSIDE ? Placement.AFTER : Placement.INSIDE;
  }
}
