package dev.whittle.cli;

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

/** Finds the layers that cost a quantized model its accuracy. */
@Command(
    name = "doctor",
    description = "Finds the layers that cost accuracy, and a recipe that gets it back.",
    mixinStandardHelpOptions = true,
    footer = {
      "",
      "The data serves to calibrate and to judge. With labels, loss is counted in points of",
      "accuracy; without, in points of agreement with the float model's best class."
    })
final class DoctorCommand implements Callable<Integer> {
  @Parameters(index = "0", paramLabel = "FLOAT", description = "The float model.")
  private Path floatModel = Path.of("");

  @Parameters(index = "1", paramLabel = "QUANTIZED", description = "Its quantized form.")
  private Path quantizedModel = Path.of("");

  @Mixin private DataOptions data = new DataOptions();

  @Option(
      names = "--max_loss",
      paramLabel = "POINTS",
      defaultValue = "0.5",
      description = "What the proposed recipe may lose (default: ${DEFAULT-VALUE} points).")
  private double maxLoss = 0.5;

  @Option(
      names = "--max_size",
      paramLabel = "BYTES",
      description = "What the proposed recipe's model may take.")
  private @Nullable Long maxSize;

  @Option(
      names = "--suspects",
      paramLabel = "N",
      defaultValue = "12",
      description = "How many layers to try in floats (default: ${DEFAULT-VALUE}).")
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
    NamedModel floats = EvaluateCommand.open(floatModel);
    NamedModel quantized = EvaluateCommand.open(quantizedModel);
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
