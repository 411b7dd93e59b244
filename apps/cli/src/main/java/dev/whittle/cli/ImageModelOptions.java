package dev.whittle.cli;

import dev.whittle.ir.Model;
import dev.whittle.tflite.ImageMetadata;
import dev.whittle.vision.Labels;
import dev.whittle.vision.Normalization;
import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Option;

/** What a classifier of pictures is to say of itself. */
final class ImageModelOptions {
  @Option(
      names = "--normalization",
      paramLabel = "PRESET",
      description =
          "States in the file what the model takes for pixels of 0 to 255: tf (-1 to 1), unit (0 to"
              + " 1), none (as they are), torch, caffe.")
  private @Nullable String normalization;

  @Option(
      names = "--model_name",
      paramLabel = "NAME",
      description = "States in the file what the model is called.")
  private @Nullable String name;

  boolean isWanted(@Nullable Path labels) {
    return normalization != null || name != null || labels != null;
  }

  /** What is stated of pixels; empty if nothing is. */
  Optional<Normalization> normalization() {
    return Optional.ofNullable(normalization).map(Normalization::named);
  }

  /**
   * The model with what is stated; what it said before stays.
   *
   * @param labels a label file; null for none
   */
  Model describe(Model model, @Nullable Path labels) throws IOException {
    if (!isWanted(labels)) {
      return model;
    }
    Optional<ImageMetadata> before = ImageMetadata.read(model);
    Optional<Normalization> stated = normalization();
    List<String> names =
        labels == null ? before.map(ImageMetadata::labels).orElse(List.of()) : Labels.read(labels);
    int outputs = outputs(model);
    if (!names.isEmpty() && outputs > 0 && names.size() != outputs) {
      throw new UsageException(
          "%s: has %d labels, and the model %d outputs".formatted(labels, names.size(), outputs));
    }
    return new ImageMetadata(
            name == null ? before.map(ImageMetadata::name).orElse("") : name,
            before.map(ImageMetadata::description).orElse(""),
            stated
                .map(Normalization::mean)
                .or(() -> before.map(ImageMetadata::mean))
                .orElse(List.of()),
            stated
                .map(Normalization::deviation)
                .or(() -> before.map(ImageMetadata::deviation))
                .orElse(List.of()),
            stated
                .map(Normalization::blueFirst)
                .orElse(before.map(ImageMetadata::blueFirst).orElse(false)),
            names)
        .writeTo(model);
  }

  /** Elements of the first output's last axis; -1 if they are not known. */
  private static int outputs(Model model) {
    var shape = model.mainGraph().value(model.mainGraph().outputs().getFirst()).shape();
    return shape.isRankKnown() && shape.rank() > 0 ? shape.dim(shape.rank() - 1) : -1;
  }
}
