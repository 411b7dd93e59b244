package dev.whittle.cli;

import dev.whittle.cli.option.UsageException;
import dev.whittle.data.Samples;
import dev.whittle.evaluate.NamedModel;
import dev.whittle.evaluate.doctor.Diagnosis;
import dev.whittle.evaluate.doctor.DiagnosisReport;
import dev.whittle.evaluate.doctor.Doctor;
import dev.whittle.io.AtomicFile;
import dev.whittle.optimize.recipe.RecipeFile;
import dev.whittle.runtime.InterpreterOptions;
import java.io.IOException;
import java.nio.file.Path;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/** The command that finds the layers that a quantized model loses accuracy in. */
@Command(
    name = "doctor",
    description = "Finds the layers that lose accuracy by quantization, and a better recipe.",
    mixinStandardHelpOptions = true,
    footer = {
      "",
      "The data is used for calibration and for evaluation. With labels, the loss is that of the",
      "accuracy in percentage points; without, that of the agreement with the float model's"
          + " classes",
      "for classifiers, and the relative error for others."
    })
final class DoctorCommand implements Callable<Integer> {
  @Parameters(index = "0", paramLabel = "FLOAT", description = "The float model.")
  private Path floatModel = Path.of("");

  @Parameters(index = "1", paramLabel = "QUANTIZED", description = "The same model, quantized.")
  private Path quantizedModel = Path.of("");

  @Mixin private DataOptions data = new DataOptions();

  @Option(
      names = "--max_loss",
      paramLabel = "POINTS",
      defaultValue = "0.5",
      description = "The maximum loss of the proposed recipe (default: ${DEFAULT-VALUE} points).")
  private double maxLoss = 0.5;

  @Option(
      names = "--max_size",
      paramLabel = "BYTES",
      description = "The maximum size of the model by the proposed recipe.")
  private @Nullable Long maxSize;

  @Option(
      names = "--suspects",
      paramLabel = "N",
      defaultValue = "12",
      description = "Layers to try in floating point (default: ${DEFAULT-VALUE}).")
  private int suspects = 12;

  @Option(
      names = "--output_recipe",
      paramLabel = "F.json",
      description = "Writes the proposed recipe, for --recipe.")
  private @Nullable Path outputRecipe;

  @Option(names = "--report", paramLabel = "F.html", description = "Writes a report with charts.")
  private @Nullable Path report;

  @Override
  public Integer call() throws IOException {
    if (suspects < 0 || !(maxLoss >= 0)) {
      throw new UsageException(
          "--suspects %d, --max_loss %s: expected 0 or more of each".formatted(suspects, maxLoss));
    }
    if (maxSize != null && maxSize < 1) {
      throw new UsageException("--max_size " + maxSize + ": expected at least 1");
    }
    NamedModel floats = InputFiles.named(floatModel);
    NamedModel quantized = SameInputs.like(floats, InputFiles.named(quantizedModel));
    Samples samples = data.samples(floats.model());
    Doctor doctor =
        new Doctor(floats.model(), samples, InterpreterOptions.DEFAULT, data.parallel())
            .maxLoss(maxLoss)
            .suspects(suspects)
            .progress(System.err::println);
    if (maxSize != null) {
      doctor.maxBytes(maxSize);
    }
    Diagnosis diagnosis = doctor.examine(quantized.model());
    System.out.println(DiagnosisReport.text(diagnosis));
    if (outputRecipe != null) {
      RecipeFile.write(diagnosis.recipe(), outputRecipe);
    }
    if (report != null) {
      AtomicFile.writeText(report, DiagnosisReport.html(diagnosis));
    }
    return Main.DONE;
  }
}
