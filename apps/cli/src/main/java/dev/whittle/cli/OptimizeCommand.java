package dev.whittle.cli;

import dev.whittle.cli.option.Condition;
import dev.whittle.cli.option.Conditional;
import dev.whittle.cli.option.UsageException;
import dev.whittle.ir.Model;
import dev.whittle.tflite.TfliteWriter;
import java.io.IOException;
import java.nio.file.Path;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/** The command that optimizes a {@code .tflite} file. */
@Command(
    name = "optimize",
    description =
        "Makes a .tflite file smaller: quantizes, prunes and clusters it; or writes metadata.",
    mixinStandardHelpOptions = true)
final class OptimizeCommand implements Callable<Integer>, Conditional {
  @Parameters(paramLabel = "MODEL", description = "A .tflite file with floats.")
  private Path modelFile = Path.of("");

  @Option(
      names = {"-o", "--output_file"},
      required = true,
      paramLabel = "FILE",
      description = "The .tflite file to write.")
  private Path outputFile = Path.of("");

  @Mixin private ImageModelOptions image = new ImageModelOptions();

  @Mixin private OptimizeOptions options = new OptimizeOptions();

  @Override
  public boolean holds(Condition condition) throws IOException {
    return options.holds(condition);
  }

  @Override
  public Integer call() throws IOException {
    if (!options.isRequested() && !image.isRequested(options.labelFile())) {
      throw new UsageException(
          "nothing to do; expected --quantize, --recipe, --prune, --cluster, --labels or"
              + " --normalization");
    }
    Model model = InputFiles.readTflite("", modelFile);
    image.normalization().ifPresent(options::assumeNormalization);
    Model optimized = options.isRequested() ? options.optimize(model) : model;
    TfliteWriter.write(image.describe(optimized, options.labelFile()), outputFile);
    Sizes.print(outputFile);
    return Main.DONE;
  }
}
