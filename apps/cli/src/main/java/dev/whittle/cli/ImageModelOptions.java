package dev.whittle.cli;

import dev.whittle.cli.option.Arguments;
import dev.whittle.cli.option.UsageException;
import dev.whittle.ir.Model;
import dev.whittle.tflite.ImageMetadata;
import dev.whittle.vision.Normalization;
import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Option;

/** Options for the metadata of image classifiers. */
final class ImageModelOptions {
  @Option(
      names = "--normalization",
      paramLabel = "PRESET",
      description =
          "Writes into the file how pixels of 0 to 255 are normalized: tf (-1 to 1), unit (0 to 1),"
              + " none (unchanged), torch, caffe.")
  private @Nullable String normalization;

  @Option(
      names = "--model_name",
      paramLabel = "NAME",
      description = "Writes the model's name into the file.")
  private @Nullable String name;

  /** Returns whether there is any metadata to write. */
  boolean isRequested(@Nullable Path labels) {
    return normalization != null || name != null || labels != null;
  }

  /** Returns the normalization in the options; empty if there is none. */
  Optional<Normalization> normalization() {
    return Optional.ofNullable(normalization).map(ImageModelOptions::normalization);
  }

  /** Returns a normalization by its name. */
  static Normalization normalization(String name) {
    return Arguments.checked("--normalization", () -> Normalization.named(name));
  }

  /**
   * Returns a model with the metadata in the options; other metadata stays.
   *
   * @param labels label file; null for none
   */
  Model describe(Model model, @Nullable Path labels) throws IOException {
    if (!isRequested(labels)) {
      return model;
    }
    Optional<ImageMetadata> previous = ImageMetadata.read(model);
    Optional<Normalization> requested = normalization();
    List<String> names =
        labels == null
            ? previous.map(ImageMetadata::labels).orElse(List.of())
            : InputFiles.labels(labels);
    requireLabels(model, labels, names);
    return new ImageMetadata(
            name == null ? previous.map(ImageMetadata::name).orElse("") : name,
            previous.map(ImageMetadata::description).orElse(""),
            requested
                .map(Normalization::mean)
                .or(() -> previous.map(ImageMetadata::mean))
                .orElse(List.of()),
            requested
                .map(Normalization::deviation)
                .or(() -> previous.map(ImageMetadata::deviation))
                .orElse(List.of()),
            requested
                .map(Normalization::blueFirst)
                .orElse(previous.map(ImageMetadata::blueFirst).orElse(false)),
            names)
        .writeTo(model);
  }

  /** Checks that there is a label for each output. */
  static void requireLabels(Model model, @Nullable Path labels, List<String> names) {
    int outputs = outputs(model);
    if (!names.isEmpty() && outputs > 0 && names.size() != outputs) {
      throw new UsageException(
          "%s: has %d labels; expected %d, one for each output of the model"
              .formatted(labels, names.size(), outputs));
    }
  }

  /** Returns the last dimension of the first output; -1 if it is unknown. */
  private static int outputs(Model model) {
    var shape = model.mainGraph().value(model.mainGraph().outputs().getFirst()).shape();
    return shape.isRankKnown() && shape.rank() > 0 ? shape.dim(shape.rank() - 1) : -1;
  }
}
