package dev.whittle.evaluate;

import dev.whittle.io.ZippedSize;
import dev.whittle.ir.Model;
import dev.whittle.tflite.TfliteReader;
import dev.whittle.tflite.TfliteWriter;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;

/**
 * A model under evaluation.
 *
 * @param bytes the size of its {@code .tflite} file
 * @param zippedBytes what a zip archive of that file takes
 */
public record NamedModel(String name, Model model, long bytes, long zippedBytes) {

  /** A model in a {@code .tflite} file. */
  public static NamedModel of(Path file) throws IOException {
    byte[] bytes = Files.readAllBytes(file);
    return new NamedModel(
        file.toString(), TfliteReader.read(file), bytes.length, ZippedSize.of(bytes));
  }

  /** A model that may have no file; its sizes are those of the file it would be. */
  public static NamedModel of(String name, Model model) throws IOException {
    byte[] file = TfliteWriter.toBytes(model);
    return new NamedModel(name, model, file.length, ZippedSize.of(file));
  }
}
