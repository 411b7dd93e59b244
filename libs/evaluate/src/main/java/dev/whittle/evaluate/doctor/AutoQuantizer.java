package dev.whittle.evaluate.doctor;

import dev.whittle.data.Samples;
import dev.whittle.ir.Model;
import dev.whittle.optimize.calibrate.CalibrationMethod;
import dev.whittle.optimize.recipe.Recipe;
import dev.whittle.runtime.InterpreterOptions;
import java.io.IOException;
import java.util.Objects;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/**
 * Finds a small quantized form of a model with little loss. The candidates are, in this order:
 * 8-bit integers, 8-bit integers with ranges of minimum squared error, 8-bit weights, half
 * precision. Candidates in integers may keep layers in floats.
 */
public final class AutoQuantizer {
  private AutoQuantizer() {}

  /**
   * A candidate that was tried.
   *
   * @param name the name of the candidate
   * @param recipe its recipe, with entries for layers that stay in floats
   * @param model the quantized model
   * @param loss the loss in percentage points; see {@link AccuracyLoss.Measure}
   * @param bytes the size of the model's file in bytes
   */
  public record Choice(String name, Recipe recipe, Model model, double loss, long bytes) {}

  /**
   * Tries the candidates until one has a loss of at most {@code maxLoss}.
   *
   * @param samples the samples for calibration and evaluation
   * @param maxLoss the maximum loss in percentage points
   * @param threads the number of samples to run at a time
   * @param progress receives a line for each step
   * @return the first such candidate; if there is none, the one with the minimum loss
   * @throws IOException if there are no samples, or they cannot be read or do not fit the model
   */
  public static Choice choose(
      Model floats,
      Samples samples,
      double maxLoss,
      InterpreterOptions options,
      int threads,
      Consumer<String> progress)
      throws IOException {
    @Nullable Choice best = null;
    record Candidate(String name, Recipe recipe) {}
    Candidate[] candidates = {
      new Candidate("int8", Recipe.int8()),
      new Candidate(
          "int8, ranges of minimum squared error",
          Recipe.int8().withCalibrationMethod(new CalibrationMethod.MeanSquaredError())),
      new Candidate("8-bit weights", Recipe.dynamic()),
      new Candidate("float16", Recipe.float16()),
    };
    var doctor = new Doctor(floats, samples, options, threads).maxLoss(maxLoss);
    for (Candidate candidate : candidates) {
      // Keeping layers in floats only saves accuracy if activations are quantized.
      boolean integers = candidate.recipe().needsCalibration();
      Diagnosis diagnosis =
          doctor
              .suspects(integers ? Doctor.SUSPECTS : 0)
              .progress(line -> progress.accept(candidate.name() + ": " + line))
              .treat(candidate.recipe());
      var choice =
          new Choice(
              candidate.name(),
              diagnosis.recipe(),
              diagnosis.treated(),
              diagnosis.treatedLoss(),
              diagnosis.treatedBytes());
      progress.accept(
          "%s: %.2f points lost, %,d bytes".formatted(choice.name, choice.loss, choice.bytes));
      if (best == null || choice.loss < best.loss) {
        best = choice;
      }
      if (choice.loss <= maxLoss) {
        return choice;
      }
    }
    return Objects.requireNonNull(best);
  }
}
