package dev.whittle.cli;

import dev.whittle.cli.option.UsageException;
import dev.whittle.data.IdxSamples;
import dev.whittle.data.ImageSamples;
import dev.whittle.data.Samples;
import dev.whittle.ir.Model;
import dev.whittle.ir.Value;
import dev.whittle.tflite.ImageMetadata;
import dev.whittle.vision.Normalization;
import java.io.IOException;
import java.nio.file.Path;
import java.util.EnumSet;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Option;

/** Options for reading samples, with the normalization of images. */
final class ImageOptions {
  @Option(
      names = "--pixel_range",
      paramLabel = "LOW,HIGH",
      description =
          "The values of black and white pixels of image files and of arrays of bytes (default:"
              + " those of --normalization; for image files also those of the model, else 0,1;"
              + " bytes in arrays are else taken as they are). Use -1,1 for MobileNet and"
              + " Inception, 0,255 for networks that scale by themselves.")
  private @Nullable String pixelRange;

  private @Nullable Normalization normalization;

  /** Sets the normalization of pixels, unless --pixel_range sets their range. */
  void assume(Normalization newNormalization) {
    normalization = newNormalization;
  }

  /**
   * Returns the range of all channels as LOW,HIGH.
   *
   * @throws UsageException if the channels have different ranges
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
    boolean isUniform =
        normalization.mean().stream().allMatch(m -> m == mean)
            && normalization.deviation().stream().allMatch(d -> d == deviation);
    if (!isUniform || normalization.blueFirst()) {
      throw new UsageException(
          "the model normalizes the channels of an image differently, and --pixel_range normalizes"
              + " all alike; pass the data as an .npz file of normalized images");
    }
    return -mean / deviation + "," + (255 - mean) / deviation;
  }

  /**
   * Opens the samples in a file or folder.
   *
   * @param labels an array in the archive, an .npy file, or a text with a class a line; null for
   *     none
   * @param training true for the training part of data sets that have parts, false for the test
   *     part
   */
  Samples samples(Path data, @Nullable String labels, Model model, boolean training)
      throws IOException {
    FileContent content =
        InputFiles.require(
            training ? "--representative_data" : "--data",
            data,
            EnumSet.of(FileContent.NPZ, FileContent.IMAGE_FOLDER, FileContent.IDX_FOLDER),
            "an .npz file, a folder of images or a folder of idx files");
    if (labels == null || (content == FileContent.NPZ && !isText(labels))) {
      return unlabeled(data, content, labels, model, training);
    }
    if (!LabelFile.isFile(labels)) {
      throw new UsageException(
          "--labels %s has no effect here: it is no file, and %s is %s, which has no arrays"
              .formatted(labels, data, content.description()));
    }
    return LabelFile.label(unlabeled(data, content, null, model, training), Path.of(labels), model);
  }

  private static boolean isText(String labels) throws IOException {
    return LabelFile.isFile(labels) && FileContent.of(Path.of(labels)) != FileContent.NPY;
  }

  private Samples unlabeled(
      Path data, FileContent content, @Nullable String array, Model model, boolean training)
      throws IOException {
    boolean isArchive = content != FileContent.IMAGE_FOLDER && content != FileContent.IDX_FOLDER;
    boolean hasPixels =
        content == FileContent.IMAGE_FOLDER || (isArchive && ArchiveSamples.hasBytes(data));
    if (pixelRange != null && !hasPixels) {
      throw new UsageException(
          "--pixel_range has no effect here: it needs a folder of images or arrays of bytes, and %s"
                  .formatted(data)
              + " is "
              + content.description()
              + (isArchive ? " without bytes" : ", whose pixels are always from 0 to 1"));
    }
    if (isArchive) {
      boolean isScaled = pixelRange != null || (normalization != null && hasPixels);
      return ArchiveSamples.open(data, array, model, training, isScaled ? pixels() : null);
    }
    if (content == FileContent.IDX_FOLDER) {
      return training ? IdxSamples.training(data) : IdxSamples.test(data);
    }
    Value input = model.mainGraph().value(model.mainGraph().inputs().getFirst());
    int[] dims = input.shape().toArray();
    // An input without channels takes gray images.
    int channels = dims.length == 4 ? dims[3] : dims.length == 3 ? 1 : 0;
    boolean isImage = channels == 1 || channels == 3;
    if (model.mainGraph().inputs().size() != 1 || !isImage || dims[1] < 1 || dims[2] < 1) {
      throw new UsageException(
          "%s: images need a model with one input [batch, height, width, channels] of fixed height"
                  .formatted(data)
              + " and width, with 1 or 3 channels; found %s".formatted(input.shape()));
    }
    if (normalization == null) {
      normalization = ImageMetadata.read(model).flatMap(Normalization::of).orElse(null);
    }
    ArchiveSamples.Pixels pixels = pixels();
    return ImageSamples.of(data, dims[1], dims[2], channels, pixels.low(), pixels.high());
  }

  private ArchiveSamples.Pixels pixels() {
    String range = range();
    String[] limits = range.split(",", -1);
    float low = pixelLimit(range, limits[0]);
    float high = pixelLimit(range, limits.length == 2 ? limits[1] : "");
    return new ArchiveSamples.Pixels(low, high);
  }

  private static float pixelLimit(String range, String text) {
    try {
      return Float.parseFloat(text.strip());
    } catch (NumberFormatException e) {
      throw new UsageException("--pixel_range " + range + ": expected LOW,HIGH");
    }
  }
}
