package dev.whittle.cli;

import dev.whittle.ir.Model;
import dev.whittle.tflite.TfliteReader;
import dev.whittle.tflite.TfliteWriter;
import java.io.IOException;
import java.nio.file.Path;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/** Makes an existing model smaller. */
@Command(
    name = "optimize",
    description = "Quantizes the floats of a .tflite file.",
    mixinStandardHelpOptions = true)
final class OptimizeCommand implements Callable<Integer> {
  @Parameters(paramLabel = "MODEL", description = "A .tflite file with floats.")
  private Path modelFile = Path.of("");

  @Option(
      names = "--output_file",
      required = true,
      paramLabel = "FILE",
      description = "The .tflite file to write.")
  private Path outputFile = Path.of("");

  @Mixin private QuantizeOptions quantization = new QuantizeOptions();

  @Override
  public Integer call() throws IOException {
    if (!quantization.isWanted()) {
      throw new UsageException("nothing to do: give --quantize or --recipe");
    }
    Model model = TfliteReader.read(modelFile);
    TfliteWriter.write(quantization.quantize(model), outputFile);
    Sizes.print(outputFile);
    return Main.DONE;
  }
}
