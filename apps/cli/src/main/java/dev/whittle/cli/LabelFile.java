package dev.whittle.cli;

import dev.whittle.cli.option.UsageException;
import dev.whittle.data.LabeledSamples;
import dev.whittle.data.Samples;
import dev.whittle.ir.Model;
import dev.whittle.npz.NpyFile;
import dev.whittle.tflite.ImageMetadata;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;

/**
 * A file with the class of each sample: an {@code .npy} array of indices, or a text with an index
 * or the name of a class on each line. Names are those in the model's metadata.
 */
final class LabelFile {
  private LabelFile() {}

  /** Returns whether a value of {@code --labels} names a file. */
  static boolean isFile(String labels) {
    return Files.isRegularFile(Path.of(labels));
  }

  /**
   * Returns samples with the labels in a file.
   *
   * @throws IOException if the file cannot be read, or has another number of labels
   * @throws UsageException if a line is neither an index nor the name of a class
   */
  static Samples label(Samples samples, Path file, Model model) throws IOException {
    FileContent content = InputFiles.content("--labels", file);
    int[] labels =
        switch (content) {
          case NPY ->
              Arrays.stream(NpyFile.read(file).toLongs()).mapToInt(Math::toIntExact).toArray();
          case TEXT -> ofText(file, model);
          default ->
              throw InputFiles.unexpected(
                  "--labels", file, content, "a text with a class a line, or an .npy array");
        };
    return LabeledSamples.of(samples, labels, file.toString());
  }

  private static int[] ofText(Path file, Model model) throws IOException {
    List<String> classes = ImageMetadata.read(model).map(ImageMetadata::labels).orElse(List.of());
    List<String> lines = ImageMetadata.lines(Files.readAllBytes(file));
    int[] labels = new int[lines.size()];
    for (int i = 0; i < labels.length; i++) {
      String line = lines.get(i).strip();
      int named = classes.indexOf(line);
      labels[i] = named >= 0 ? named : index(line);
      if (labels[i] < 0) {
        throw new UsageException(
            "%s, line %d: '%s' is no class; expected an index%s"
                .formatted(file, i + 1, line, classes.isEmpty() ? "" : " or one of " + classes));
      }
    }
    return labels;
  }

  private static int index(String text) {
    return text.matches("\\d{1,9}") ? Integer.parseInt(text) : -1;
  }
}
