package dev.whittle.evaluate.doctor;

import dev.whittle.data.Samples;
import dev.whittle.ir.Model;
import dev.whittle.ir.UnsupportedModelException;
import dev.whittle.ir.tensor.TensorType;
import dev.whittle.optimize.calibrate.CalibrationMethod;
import dev.whittle.optimize.recipe.QuantizationSettings;
import dev.whittle.optimize.recipe.Recipe;
import dev.whittle.runtime.InterpreterOptions;
import dev.whittle.tflite.TfliteWriter;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Objects;
import java.util.OptionalDouble;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/**
 * Finds the smallest form of a model with little loss. All modes of quantization are tried. Those
 * with integer activations that lose too much are tried again with layers in floats, as long as
 * they stay smaller than the best other one.
 */
public final class AutoQuantizer {
  private AutoQuantizer() {}

  /**
   * The requirements on the result.
   *
   * @param measure the measure of the loss; null for the one that fits the model and the samples
   * @param maxLoss the maximum loss in percentage points; empty for the default of the measure
   * @param integersOnly whether inputs or outputs have to be integers, so that only modes with
   *     integer activations are tried
   */
  public record Goal(
      AccuracyLoss.@Nullable Measure measure, OptionalDouble maxLoss, boolean integersOnly) {
    /** The default measure and maximum loss, with all modes. */
    public static final Goal DEFAULT = new Goal(null, OptionalDouble.empty(), false);

    /** Returns these requirements with a maximum loss in percentage points. */
    public Goal withMaxLoss(double points) {
      return new Goal(measure, OptionalDouble.of(points), integersOnly);
    }
  }

  /**
   * A candidate that was tried.
   *
   * @param name the name of the candidate
   * @param recipe its recipe, with entries for layers that stay in floats
   * @param model the quantized model
   * @param loss the loss in percentage points; see {@link AccuracyLoss.Measure}
   * @param bytes the size of the model's file in bytes
   */
  public record Candidate(String name, Recipe recipe, Model model, double loss, long bytes) {}

  /**
   * The result of a search.
   *
   * @param best the smallest candidate whose loss is at most the maximum
   * @param measure the measure of all losses
   * @param maxLoss the maximum loss in percentage points
   * @param tried all candidates, in the order in which they were tried; the last one is the model
   *     without quantization
   */
  public record Choice(
      Candidate best, AccuracyLoss.Measure measure, double maxLoss, List<Candidate> tried) {
    public Choice {
      tried = List.copyOf(tried);
    }

    /** Returns a line for each candidate, with the reason if it was not chosen. */
    public String toText() {
      List<String> lines = new ArrayList<>();
      for (Candidate candidate : tried) {
        lines.add(
            String.format(
                Locale.ROOT,
                "%s %s: %,d bytes, loses %.3f points: %s",
                candidate.equals(best) ? "*" : " ",
                candidate.name(),
                candidate.bytes(),
                candidate.loss(),
                verdict(candidate)));
      }
      return String.join(System.lineSeparator(), lines);
    }

    private String verdict(Candidate candidate) {
      if (candidate.equals(best)) {
        return "chosen";
      }
      return candidate.loss() <= maxLoss
          ? "qualifies, but is not smaller"
          : String.format(Locale.ROOT, "rejected, more than %s points", maxLoss);
    }
  }

  private record Mode(String name, Recipe recipe) {}

  private static List<Mode> modes(boolean integersOnly) {
    List<Mode> modes = new ArrayList<>();
    modes.add(new Mode("int8", Recipe.int8()));
    modes.add(
        new Mode(
            "int8, ranges of minimum squared error",
            Recipe.int8().withCalibrationMethod(new CalibrationMethod.MeanSquaredError())));
    modes.add(new Mode("int16x8", Recipe.int16x8()));
    if (!integersOnly) {
      Recipe int4 = Recipe.weightsOnly(TensorType.INT4);
      modes.add(new Mode("dynamic", Recipe.dynamic()));
      modes.add(new Mode("weights_int8", Recipe.weightsOnly(TensorType.INT8)));
      modes.add(new Mode("weights_int4", int4));
      modes.add(
          new Mode(
              "weights_int4, blocks of 32", int4.mapSettings(s -> s.withBlockSize(INT4_BLOCK))));
      modes.add(new Mode("float16", Recipe.float16()));
    }
    return modes;
  }

  private static final int INT4_BLOCK = 32;

  /**
   * Tries all modes.
   *
   * @param samples the samples for calibration and evaluation
   * @param threads the number of samples to run at a time
   * @param progress receives a line for each step
   * @return the smallest candidate whose loss is at most the maximum. That is the model without
   *     quantization if there is no other one; with integers only, the one with the minimum loss.
   * @throws IOException if there are no samples, or they cannot be read or do not fit the model
   * @throws UnsupportedModelException if no mode is possible
   */
  public static Choice choose(
      Model floats,
      Samples samples,
      Goal goal,
      InterpreterOptions options,
      int threads,
      Consumer<String> progress)
      throws IOException {
    var doctor = new Doctor(floats, samples, options, threads).measure(goal.measure());
    List<Candidate> tried = new ArrayList<>();
    AccuracyLoss.Measure measure = null;
    UnsupportedModelException refusal = null;
    for (Mode mode : modes(goal.integersOnly())) {
      try {
        Diagnosis diagnosis = treat(doctor.suspects(0).maxLoss(0), mode, progress);
        measure = diagnosis.measure();
        tried.add(candidate(mode.name(), diagnosis));
      } catch (UnsupportedModelException e) {
        progress.accept(mode.name() + ": not possible: " + e.getMessage());
        refusal = refusal == null ? e : refusal;
      }
    }
    if (measure == null) {
      throw Objects.requireNonNull(refusal);
    }
    double maxLoss = goal.maxLoss().orElse(measure.defaultMaxLoss());
    if (!goal.integersOnly()) {
      Recipe none = Recipe.of(QuantizationSettings.FLOAT);
      tried.add(new Candidate("none", none, floats, 0, TfliteWriter.toBytes(floats).length));
    }
    rescue(doctor, tried, maxLoss, goal.integersOnly(), progress);
    return new Choice(smallest(tried, maxLoss), measure, maxLoss, tried);
  }

  /** Tries modes with integer activations again, with layers in floats. */
  private static void rescue(
      Doctor doctor,
      List<Candidate> tried,
      double maxLoss,
      boolean integersOnly,
      Consumer<String> progress)
      throws IOException {
    for (Candidate candidate : List.copyOf(tried)) {
      Candidate best = smallest(tried, maxLoss);
      boolean smaller = candidate.bytes() < best.bytes() || best.loss() > maxLoss;
      if (candidate.recipe().needsCalibration() && candidate.loss() > maxLoss && smaller) {
        Doctor limited = doctor.suspects(Doctor.SUSPECTS).maxLoss(maxLoss);
        if (!integersOnly) {
          limited.maxBytes(best.bytes() - 1);
        }
        var mode = new Mode(candidate.name() + ", layers in floats", candidate.recipe());
        tried.add(tried.size() - 1, candidate(mode.name(), treat(limited, mode, progress)));
      }
    }
  }

  private static Diagnosis treat(Doctor doctor, Mode mode, Consumer<String> progress)
      throws IOException {
    return doctor.progress(line -> progress.accept(mode.name() + ": " + line)).treat(mode.recipe());
  }

  private static Candidate candidate(String name, Diagnosis diagnosis) {
    return new Candidate(
        name,
        diagnosis.recipe(),
        diagnosis.treated(),
        diagnosis.treatedLoss(),
        diagnosis.treatedBytes());
  }

  /** Returns the smallest candidate that qualifies; if none does, the one with the least loss. */
  private static Candidate smallest(List<Candidate> tried, double maxLoss) {
    Candidate best = tried.getFirst();
    for (Candidate candidate : tried) {
      boolean qualifies = candidate.loss() <= maxLoss;
      boolean bestQualifies = best.loss() <= maxLoss;
      boolean better =
          qualifies != bestQualifies
              ? qualifies
              : qualifies
                  ? candidate.bytes() < best.bytes()
                      || (candidate.bytes() == best.bytes() && candidate.loss() < best.loss())
                  : candidate.loss() < best.loss();
      best = better ? candidate : best;
    }
    return best;
  }
}
