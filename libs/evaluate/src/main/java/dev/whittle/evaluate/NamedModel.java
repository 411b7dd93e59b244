package dev.whittle.evaluate;

import dev.whittle.io.ZippedSize;
import dev.whittle.ir.Model;
import dev.whittle.tflite.TfliteReader;
import dev.whittle.tflite.TfliteWriter;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;

/**
 * A model to evaluate.
 *
 * @param name the name in reports
 * @param model the model
 * @param bytes the size of its {@code .tflite} file in bytes
 * @param zippedBytes the size of a zip archive of that file in bytes
 */
public record NamedModel(String name, Model model, long bytes, long zippedBytes) {

  /**
   * Reads a model from a {@code .tflite} file, whose path becomes the name.
   *
   * @throws IOException if the file cannot be read
   */
  public static NamedModel of(Path file) throws IOException {
    byte[] bytes = Files.readAllBytes(file);
    return new NamedModel(
        file.toString(), TfliteReader.read(file), bytes.length, ZippedSize.of(bytes));
  }

  /** Returns a model from memory. Its sizes are those of the file that it would be written to. */
  public static NamedModel of(String name, Model model) throws IOException {
    byte[] file = TfliteWriter.toBytes(model);
    return new NamedModel(name, model, file.length, ZippedSize.of(file));
  }
}
