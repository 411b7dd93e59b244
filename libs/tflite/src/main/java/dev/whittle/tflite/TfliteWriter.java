package dev.whittle.tflite;

import dev.whittle.io.AtomicFile;
import dev.whittle.ir.GraphCheck;
import dev.whittle.ir.Model;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.Channels;
import java.nio.channels.WritableByteChannel;
import java.nio.file.Path;

/** A writer of {@code .tflite} files. */
public final class TfliteWriter {
  /** Flatbuffers have signed 32-bit offsets; 64 MiB of them are left for the tables. */
  private static final long MAX_INSIDE = Integer.MAX_VALUE - (64L << 20);

  private TfliteWriter() {}

  /** The place of constants in a file. */
  public enum Placement {
    /** Inside the flatbuffer, as all runtimes read them. */
    INSIDE,
    /** After the flatbuffer: needed by models over 2 GB only, and read by runtimes since 2.16. */
    AFTER
  }

  /** Returns the file of a model, with constants inside the flatbuffer if they fit. */
  public static byte[] toBytes(Model model) {
    return toBytes(model, placement(model));
  }

  /**
   * Returns the file of a model.
   *
   * @throws dev.whittle.ir.InvalidGraphException if the model violates a rule of {@link GraphCheck}
   * @throws dev.whittle.ir.UnsupportedModelException if an operator has options of a newer schema
   * @throws IllegalArgumentException if the file is larger than 2 GB, the limit of an array
   */
  public static byte[] toBytes(Model model, Placement placement) {
    GraphCheck.check(model);
    return new ModelLayout(model, placement).toBytes();
  }

  /** Writes a model to a file, with constants inside the flatbuffer if they fit. */
  public static void write(Model model, Path file) throws IOException {
    write(model, file, placement(model));
  }

  /**
   * Writes a model to a file; an existing file is replaced atomically.
   *
   * @throws IOException if the file cannot be written, or is a directory
   * @throws dev.whittle.ir.InvalidGraphException if the model violates a rule of {@link GraphCheck}
   * @throws dev.whittle.ir.UnsupportedModelException if an operator has options of a newer schema
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
