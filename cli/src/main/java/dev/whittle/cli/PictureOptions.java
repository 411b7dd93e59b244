package dev.whittle.cli;

import dev.whittle.data.IdxSamples;
import dev.whittle.data.NpzSamples;
import dev.whittle.data.PictureSamples;
import dev.whittle.data.Samples;
import dev.whittle.ir.Model;
import dev.whittle.ir.Value;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Option;

/** Where samples come from, and how pictures become numbers. */
final class PictureOptions {
  @Option(
      names = "--pixel_range",
      paramLabel = "LOW,HIGH",
      defaultValue = "0,1",
      description =
          "What black and white pixels of picture files become (default: ${DEFAULT-VALUE}; -1,1 for"
              + " MobileNet and Inception, 0,255 for networks that scale by themselves).")
  private String pixelRange = "0,1";

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
    String[] ends = pixelRange.split(",", -1);
    try {
      return PictureSamples.of(
          data,
          dims[1],
          dims[2],
          dims[3],
          Float.parseFloat(ends[0].strip()),
          Float.parseFloat(ends[1].strip()));
    } catch (NumberFormatException | ArrayIndexOutOfBoundsException e) {
      throw new UsageException("--pixel_range " + pixelRange + ": expected LOW,HIGH");
    }
  }

  private static boolean holdsIdxFiles(Path folder) throws IOException {
    try (Stream<Path> files = Files.list(folder)) {
      return files.anyMatch(file -> String.valueOf(file.getFileName()).contains("idx3-ubyte"));
    }
  }
}
