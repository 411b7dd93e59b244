package dev.whittle.cli;

import dev.whittle.data.Samples;
import dev.whittle.ir.Model;
import java.io.IOException;
import java.nio.file.Path;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

/** The samples that models are judged by. */
final class DataOptions {
  @Option(
      names = "--data",
      required = true,
      paramLabel = "DATA",
      description =
          "An .npz file with arrays named as the inputs, whose first axis counts samples; a folder"
              + " of pictures, with a subfolder for each class; a folder with the idx files of"
              + " MNIST or Fashion-MNIST, whose test part is taken.")
  private Path data = Path.of("");

  @Option(
      names = "--labels",
      paramLabel = "NAME",
      description = "The array in the .npz file, or an .npy file, with the right classes.")
  private @Nullable String labels;

  @Option(names = "--samples", paramLabel = "N", description = "Takes only the first N samples.")
  private @Nullable Long count;

  @Option(
      names = "--parallel",
      paramLabel = "N",
      description = "How many samples to run at a time (default: one for each processor).")
  private int parallel = Runtime.getRuntime().availableProcessors();

  @Mixin private ImageOptions images = new ImageOptions();

  Samples samples(Model model) throws IOException {
    Samples samples = images.samples(data, labels, model, false);
    return count == null ? samples : samples.first(count);
  }

  int parallel() {
    if (parallel < 1) {
      throw new UsageException("--parallel must be at least 1");
    }
    return parallel;
  }
}
