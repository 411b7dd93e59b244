package dev.whittle.cli;

import dev.whittle.cli.option.UsageException;
import dev.whittle.data.Samples;
import dev.whittle.ir.Model;
import java.io.IOException;
import java.nio.file.Path;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

/** Options of commands that evaluate models: the samples, and how many run at a time. */
final class DataOptions {
  @Option(
      names = "--data",
      required = true,
      paramLabel = "DATA",
      description =
          "An .npz file with arrays named as the inputs, with samples along the first axis, or with"
              + " the arrays x_test and y_test, as Keras' mnist.npz; a folder of images, with a"
              + " subfolder for each class; a folder with the idx files of MNIST or Fashion-MNIST,"
              + " of which the test part is used.")
  private Path data = Path.of("");

  @Option(
      names = "--labels",
      paramLabel = "LABELS",
      description =
          "The true classes: an array in the .npz file, an .npy file, or a text file with a class"
              + " on each line.")
  private @Nullable String labels;

  @Option(names = "--samples", paramLabel = "N", description = "Uses only the first N samples.")
  private @Nullable Long count;

  @Option(
      names = "--parallel",
      paramLabel = "N",
      description = "Samples that run at a time (default: one for each processor).")
  private int parallel = Runtime.getRuntime().availableProcessors();

  @Mixin private ImageOptions images = new ImageOptions();

  Samples samples(Model model) throws IOException {
    if (count != null && count < 1) {
      throw new UsageException("--samples " + count + ": expected at least 1");
    }
    Samples samples = images.samples(data, labels, model, false);
    return count == null ? samples : samples.first(count);
  }

  int parallel() {
    if (parallel < 1) {
      throw new UsageException("--parallel " + parallel + ": expected at least 1");
    }
    return parallel;
  }
}
