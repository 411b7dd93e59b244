package dev.whittle.cli;

import dev.whittle.data.IdxSamples;
import dev.whittle.data.ImageSamples;
import dev.whittle.data.NpzSamples;
import dev.whittle.data.Samples;
import dev.whittle.ir.Model;
import dev.whittle.ir.Value;
import dev.whittle.tflite.ImageMetadata;
import dev.whittle.vision.Normalization;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Option;

/** Where samples come from, and how pictures become numbers. */
final class ImageOptions {
  @Option(
      names = "--pixel_range",
      paramLabel = "LOW,HIGH",
      description =
          "What black and white pixels of picture files become (default: what --normalization or"
              + " the model says, else 0,1; -1,1 for MobileNet and Inception, 0,255 for networks"
              + " that scale by themselves).")
  private @Nullable String pixelRange;

  private @Nullable Normalization normalization;

  /** What pixels become where nothing is said of their range. */
  void assume(Normalization stated) {
    normalization = stated;
  }

  /**
   * The range of all channels.
   *
   * @throws UsageException if they have different ones
   */
  private String range() {
    if (pixelRange != null) {
      return pixelRange;
    }
    if (normalization == null) {
      return "0,1";
    }
    float mean = normalization.mean().getFirst();
    float deviation = normalization.deviation().getFirst();
    boolean alike =
        normalization.mean().stream().allMatch(m -> m == mean)
            && normalization.deviation().stream().allMatch(d -> d == deviation);
    if (!alike || normalization.blueFirst()) {
      throw new UsageException(
          "the model treats each channel of a picture in its own way, and --pixel_range treats all"
              + " alike: give the data as an .npz file of what the model takes");
    }
    return -mean / deviation + "," + (255 - mean) / deviation;
  }

  /**
   * The samples in a file or folder.
   *
   * @param labels an array in the archive or an .npy file; null for none
   * @param training whether to take the training part of data sets that have parts
   */
  Samples samples(Path data, @Nullable String labels, Model model, boolean training)
      throws IOException {
    if (!Files.exists(data)) {
      throw new UsageException(data + ": there is no such file or folder");
    }
    if (!Files.isDirectory(data)) {
      return NpzSamples.of(data, labels);
    }
    if (holdsIdxFiles(data)) {
      return training ? IdxSamples.training(data) : IdxSamples.test(data);
    }
    Value input = model.mainGraph().value(model.mainGraph().inputs().getFirst());
    int[] dims = input.shape().toArray();
    if (model.mainGraph().inputs().size() != 1 || dims.length != 4 || dims[1] < 1 || dims[2] < 1) {
      throw new UsageException(
          "%s: pictures need a model with one input of fixed height and width, not %s"
              .formatted(data, input.shape()));
    }
    if (normalization == null) {
      normalization = ImageMetadata.read(model).flatMap(Normalization::of).orElse(null);
    }
    String range = range();
    String[] ends = range.split(",", -1);
    try {
      return ImageSamples.of(
          data,
          dims[1],
          dims[2],
          dims[3],
          Float.parseFloat(ends[0].strip()),
          Float.parseFloat(ends[1].strip()));
    } catch (NumberFormatException | ArrayIndexOutOfBoundsException e) {
      throw new UsageException("--pixel_range " + range + ": expected LOW,HIGH");
    }
  }

  private static boolean holdsIdxFiles(Path folder) throws IOException {
    try (Stream<Path> files = Files.list(folder)) {
      return files.anyMatch(file -> String.valueOf(file.getFileName()).contains("idx3-ubyte"));
    }
  }
}
