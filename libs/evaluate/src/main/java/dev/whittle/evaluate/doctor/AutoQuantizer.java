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
 * Finds the smallest form of a model that loses little: 8-bit integers, with other ranges, with
 * layers left in floats, 8-bit weights, and half precision, in that order.
 */
public final class AutoQuantizer {
  private AutoQuantizer() {}

  /**
   * A recipe and what it gives.
   *
   * @param loss in points of a hundred
   */
  public record Choice(String name, Recipe recipe, Model model, double loss, long bytes) {}

  /**
   * Tries one after another until one loses at most {@code maxLoss} points.
   *
   * @return the first that does; if none, the one that loses least
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
          "int8, ranges of least squared error",
          Recipe.int8().withCalibrationMethod(new CalibrationMethod.MeanSquaredError())),
      new Candidate("8-bit weights", Recipe.dynamic()),
      new Candidate("float16", Recipe.float16()),
    };
    var doctor = new Doctor(floats, samples, options, threads).maxLoss(maxLoss);
    for (Candidate candidate : candidates) {
      // Leaving layers in floats costs little where the others compute in integers.
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
