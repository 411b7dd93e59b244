package dev.whittle.cli;

import dev.whittle.cli.option.Arguments;
import dev.whittle.cli.option.Condition;
import dev.whittle.cli.option.Needs;
import dev.whittle.cli.option.UsageException;
import dev.whittle.data.Samples;
import dev.whittle.evaluate.doctor.AccuracyLoss;
import dev.whittle.evaluate.doctor.AutoQuantizer;
import dev.whittle.ir.Graph;
import dev.whittle.ir.Model;
import dev.whittle.ir.tensor.TensorType;
import dev.whittle.optimize.calibrate.CalibrationMethod;
import dev.whittle.optimize.quantize.QuantizationResult;
import dev.whittle.optimize.quantize.Quantizer;
import dev.whittle.optimize.recipe.HeadMode;
import dev.whittle.optimize.recipe.QuantizationMode;
import dev.whittle.optimize.recipe.QuantizationSettings;
import dev.whittle.optimize.recipe.Recipe;
import dev.whittle.optimize.recipe.RecipeFile;
import dev.whittle.optimize.recipe.WeightMethod;
import dev.whittle.runtime.InterpreterOptions;
import dev.whittle.vision.Normalization;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.EnumSet;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.OptionalDouble;
import java.util.function.Function;
import java.util.function.Predicate;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

/** Options of commands that optimize a model: quantization, pruning and clustering. */
final class OptimizeOptions {
  /** The loss in percentage points from which 4-bit weights lead to a warning. */
  private static final double MAX_FOUR_BIT_LOSS = 20;

  @Option(
      names = "--quantize",
      paramLabel = "MODE",
      defaultValue = "none",
      description =
          "none, dynamic, float16, int8, int16x8, weights_int8, weights_int4, or auto: the smallest"
              + " model that loses at most --max_loss (default: ${DEFAULT-VALUE}).")
  private String mode = "none";

  @Option(
      names = "--max_loss",
      paramLabel = "POINTS",
      description =
          "The maximum loss of --quantize auto, by --criterion (default: 0.5 points of accuracy or"
              + " agreement, 2 of error).")
  @Needs(Condition.AUTOMATIC)
  private @Nullable Double maxLoss;

  @Option(
      names = "--criterion",
      paramLabel = "NAME",
      description =
          "The criterion of --quantize auto: accuracy with --labels; agreement with the float"
              + " model's classes; error of all outputs relative to their standard deviation"
              + " (default: accuracy with --labels, agreement for classifiers, error for others).")
  @Needs(Condition.AUTOMATIC)
  private @Nullable String criterion;

  @Option(
      names = "--labels",
      paramLabel = "LABELS",
      description =
          "A .txt file with the names of the classes, to write into the model. For auto: the array"
              + " with the true classes, or an .npy file. May be repeated.")
  private List<String> allLabels = List.of();

  /** Returns the first label file among {@code --labels}; null if there is none. */
  @Nullable Path labelFile() {
    checkLabels();
    return allLabels.stream()
        .filter(OptimizeOptions::isLabelFile)
        .map(Path::of)
        .findFirst()
        .orElse(null);
  }

  private @Nullable String labels() {
    return allLabels.stream().filter(label -> !isLabelFile(label)).findFirst().orElse(null);
  }

  /** Checks that each value of {@code --labels} has an effect. */
  private void checkLabels() {
    long files = allLabels.stream().filter(OptimizeOptions::isLabelFile).count();
    if (files > 1 || allLabels.size() - files > 1) {
      throw new UsageException(
          "found --labels %s; expected at most one .txt file and one array"
              .formatted(String.join(" --labels ", allLabels)));
    }
    if (labels() != null && !isAutomatic()) {
      throw new UsageException(
          "--labels %s has no effect here: it needs %s, or is the name of a .txt file"
              .formatted(labels(), Condition.AUTOMATIC.needed()));
    }
  }

  private static boolean isLabelFile(String label) {
    return label.toLowerCase(Locale.ROOT).endsWith(".txt");
  }

  @Option(
      names = "--output_recipe",
      paramLabel = "F.json",
      description = "Writes the recipe that was used.")
  @Needs(Condition.QUANTIZATION)
  private @Nullable Path outputRecipe;

  @Option(
      names = "--recipe",
      paramLabel = "F.json",
      description = "Quantization by layer, instead of --quantize.")
  private @Nullable Path recipeFile;

  @Option(
      names = "--representative_data",
      paramLabel = "DATA",
      description =
          "Typical inputs for int8 and int16x8: an .npz file with arrays named as the inputs, with"
              + " samples along the first axis; a folder of images; a folder with MNIST's files.")
  @Needs(Condition.CALIBRATION)
  private @Nullable Path representativeData;

  @Option(
      names = "--representative_samples",
      paramLabel = "N",
      description = "Uses only the first N samples.")
  @Needs(Condition.REPRESENTATIVE_DATA)
  private @Nullable Long representativeSamples;

  @Option(
      names = "--calibration_method",
      paramLabel = "NAME",
      description =
          "The method that finds ranges of activations: min_max, percentile[:99.9], entropy, mse"
              + " (default: min_max).")
  @Needs(Condition.INTEGER_ACTIVATIONS)
  private @Nullable String calibrationMethod;

  @Option(
      names = "--calibration_file",
      paramLabel = "F.json",
      description = "Saves calibration statistics, from which a calibration can be resumed.")
  @Needs(Condition.INTEGER_ACTIVATIONS)
  private @Nullable Path calibrationFile;

  @Option(
      names = "--weight_method",
      paramLabel = "NAME",
      description =
          "The method that finds ranges of weights: min_max, mse, octav (default: min_max).")
  @Needs(Condition.INTEGER_WEIGHTS)
  private @Nullable String weightMethod;

  @Option(names = "--per_tensor", description = "Uses one scale for all output channels.")
  @Needs(Condition.INTEGER_WEIGHTS)
  private boolean perTensor;

  @Option(
      names = "--block_size",
      paramLabel = "N",
      description = "Uses a scale for each N weights of weights_int8 and weights_int4.")
  @Needs(Condition.WEIGHTS_ONLY)
  private @Nullable Integer blockSize;

  @Option(
      names = "--min_elements",
      paramLabel = "N",
      description = "Weights of fewer elements stay floats (default: 1024; float16: 64).")
  @Needs(Condition.RECIPE)
  private @Nullable Integer minElements;

  @Option(
      names = "--head",
      paramLabel = "WHAT",
      description =
          "The LOGISTIC or SOFTMAX at the end: auto (float if its integers would saturate), float,"
              + " logits (removed), int8 (default: auto).")
  @Needs(Condition.RECIPE)
  private @Nullable String head;

  @Option(
      names = "--equalize",
      description =
          "Equalizes the channel ranges of adjacent layers first (for depthwise networks).")
  @Needs(Condition.RECIPE)
  private boolean equalize;

  @Option(
      names = "--correct_bias",
      description = "Corrects biases for the mean error of quantized weights.")
  @Needs(Condition.INTEGER_ACTIVATIONS)
  private boolean correctBias;

  @Option(
      names = "--no_guard",
      description =
          "Quantizes activations even if outliers make the scale too coarse, as other tools do.")
  @Needs(Condition.INTEGER_ACTIVATIONS)
  private boolean noGuard;

  @Option(
      names = "--inference_input_type",
      paramLabel = "TYPE",
      defaultValue = "float32",
      description = "float32, int8, uint8 or int16 (default: ${DEFAULT-VALUE}).")
  @Needs(value = Condition.CALIBRATION, except = "float32")
  private String inputType = "float32";

  @Option(
      names = "--inference_output_type",
      paramLabel = "TYPE",
      defaultValue = "float32",
      description = "float32, int8, uint8 or int16 (default: ${DEFAULT-VALUE}).")
  @Needs(value = Condition.CALIBRATION, except = "float32")
  private String outputType = "float32";

  @Mixin private SparsityOptions sparsity = new SparsityOptions();

  @Mixin private ImageOptions images = new ImageOptions();

  /** Sets the normalization of representative images, unless --pixel_range sets their range. */
  void assumeNormalization(Normalization normalization) {
    images.assume(normalization);
  }

  /** Returns whether the options ask for any optimization. */
  boolean isRequested() {
    return isQuantization() || sparsity.isRequested();
  }

  private String mode() {
    return mode.toLowerCase(Locale.ROOT);
  }

  private boolean isQuantization() {
    return recipeFile != null || !mode().equals("none");
  }

  /** Returns whether the recipe is to be found by search. */
  boolean isAutomatic() {
    return mode().equals("auto");
  }

  /** Returns whether a condition on the optimization holds. */
  boolean holds(Condition condition) throws IOException {
    return switch (condition) {
      case QUANTIZATION -> isQuantization();
      case AUTOMATIC -> isAutomatic();
      case RECIPE -> isQuantization() && !isAutomatic();
      case CALIBRATION ->
          isQuantization()
              && (isAutomatic()
                  || baseRecipe().needsCalibration()
                  || hasEntry(OptimizeOptions::storesFourBits));
      case INTEGER_ACTIVATIONS ->
          isQuantization() && !isAutomatic() && baseRecipe().needsCalibration();
      case INTEGER_WEIGHTS ->
          hasEntry(s -> s.mode() != QuantizationMode.FLOAT && s.weights() != TensorType.FLOAT16);
      case WEIGHTS_ONLY ->
          hasEntry(
              s -> s.mode() == QuantizationMode.WEIGHTS_ONLY && s.weights() != TensorType.FLOAT16);
      case REPRESENTATIVE_DATA -> representativeData != null;
      default -> sparsity.holds(condition);
    };
  }

  private boolean hasEntry(Predicate<QuantizationSettings> predicate) throws IOException {
    return isQuantization()
        && !isAutomatic()
        && baseRecipe().entries().stream().map(Recipe.Entry::settings).anyMatch(predicate);
  }

  /** Returns the recipe that other options change. */
  private Recipe baseRecipe() throws IOException {
    Path file = recipeFile;
    if (file == null) {
      return named(mode());
    }
    InputFiles.require("--recipe", file, EnumSet.of(FileContent.JSON), "a recipe in JSON");
    return InputFiles.reading(() -> RecipeFile.read(file));
  }

  /** Returns the recipe of the options. */
  Recipe recipe() throws IOException {
    if (recipeFile != null && !mode().equals("none")) {
      throw new UsageException("found --recipe and --quantize; expected one of them");
    }
    Recipe base = baseRecipe();
    String method = weightMethod;
    if (method != null) {
      WeightMethod parsed = choice(WeightMethod.class, "--weight_method", method);
      base = base.mapSettings(s -> s.withWeightMethod(parsed));
    }
    if (perTensor) {
      base = base.mapSettings(s -> s.withPerChannel(false));
    }
    Integer size = blockSize;
    if (size != null) {
      Recipe current = base;
      base =
          Arguments.checked(
              "--block_size " + size, () -> current.mapSettings(s -> s.withBlockSize(size)));
    }
    Integer min = minElements;
    if (min != null) {
      Recipe current = base;
      base =
          Arguments.checked(
              "--min_elements " + min, () -> current.mapSettings(s -> s.withMinElements(min)));
    }
    String calibration = calibrationMethod;
    if (calibration != null) {
      base =
          base.withCalibrationMethod(
              Arguments.checked(
                  "--calibration_method", () -> CalibrationMethod.named(calibration)));
    }
    if (head != null) {
      base = base.withHead(headMode(base, head));
    }
    return base.withGuard(base.guard() && !noGuard)
        .withEqualize(equalize || base.equalize())
        .withCorrectBias(correctBias || base.correctBias());
  }

  private static HeadMode headMode(Recipe base, String text) {
    HeadMode head =
        text.equalsIgnoreCase("int8") ? HeadMode.INTEGER : choice(HeadMode.class, "--head", text);
    if (head != HeadMode.LOGITS && !base.needsCalibration()) {
      throw new UsageException(
          "--head %s has no effect here: it needs %s"
              .formatted(text, Condition.INTEGER_ACTIVATIONS.needed()));
    }
    return head;
  }

  private static Recipe named(String mode) {
    return switch (mode) {
      case "dynamic" -> Recipe.dynamic();
      case "float16" -> Recipe.float16();
      case "int8" -> Recipe.int8();
      case "int16x8" -> Recipe.int16x8();
      case "weights_int8" -> Recipe.weightsOnly(TensorType.INT8);
      case "weights_int4" -> Recipe.weightsOnly(TensorType.INT4);
      case "none" -> Recipe.of(QuantizationSettings.FLOAT);
      default ->
          throw new UsageException(
              "--quantize "
                  + mode
                  + ": expected none, dynamic, float16, int8, int16x8, weights_int8, weights_int4"
                  + " or auto");
    };
  }

  private static <E extends Enum<E>> E choice(Class<E> type, String option, String text) {
    for (E value : type.getEnumConstants()) {
      if (value.name().equalsIgnoreCase(text.replace('-', '_'))) {
        return value;
      }
    }
    throw new UsageException(
        "%s %s: expected one of %s"
            .formatted(
                option, text, Arrays.toString(type.getEnumConstants()).toLowerCase(Locale.ROOT)));
  }

  /** Returns the representative data; null if there is none. */
  @Nullable Samples samples(Model model) throws IOException {
    if (representativeSamples != null && representativeSamples < 1) {
      throw new UsageException(
          "--representative_samples " + representativeSamples + ": expected at least 1");
    }
    if (maxLoss != null && !(maxLoss >= 0)) {
      throw new UsageException("--max_loss " + maxLoss + ": expected 0 or more");
    }
    if (representativeData == null) {
      return null;
    }
    Samples samples = images.samples(representativeData, labels(), model, true);
    return representativeSamples == null ? samples : samples.first(representativeSamples);
  }

  /** Returns a quantizer for a recipe, with the other settings of the options. */
  Quantizer quantizer(Recipe recipe, @Nullable Samples samples) {
    return new Quantizer(recipe)
        .calibrateWith(samples)
        .inputType(type("--inference_input_type", inputType))
        .outputType(type("--inference_output_type", outputType))
        .calibration(
            calibrator -> {
              calibrator
                  .options(InterpreterOptions.DEFAULT)
                  .progress(ProgressLine.of("calibrating")::report);
              return calibrationFile == null
                  ? calibrator
                  : calibrator.resumeFrom(calibrationFile, 500);
            });
  }

  /** Optimizes a model by the options; reports on standard error. */
  Model optimize(Model model) throws IOException {
    Model changed = sparsity.change(model);
    Model quantized = isQuantization() ? quantize(changed) : changed;
    requirePorts(
        changed.mainGraph(),
        Graph::inputs,
        quantized.mainGraph(),
        type("--inference_input_type", inputType),
        "--inference_input_type");
    requirePorts(
        changed.mainGraph(),
        Graph::outputs,
        quantized.mainGraph(),
        type("--inference_output_type", outputType),
        "--inference_output_type");
    return sparsity.encode(quantized);
  }

  /** Checks that at least one float input or output has the requested type now. */
  private static void requirePorts(
      Graph before,
      Function<Graph, List<Integer>> ports,
      Graph after,
      TensorType requested,
      String option) {
    if (requested == TensorType.FLOAT32) {
      return;
    }
    List<Integer> ids = ports.apply(before);
    for (int i = 0; i < ids.size(); i++) {
      boolean wasFloat = before.value(ids.get(i)).type() == TensorType.FLOAT32;
      if (wasFloat && after.value(ports.apply(after).get(i)).type() == requested) {
        return;
      }
    }
    throw new UsageException(
        "%s has no effect here: the model has no float %s that the recipe computes in integers"
            .formatted(option, option.contains("input") ? "input" : "output"));
  }

  private Model quantize(Model model) throws IOException {
    Path statistics = calibrationFile;
    if (statistics != null && Files.exists(statistics)) {
      InputFiles.require(
          "--calibration_file",
          statistics,
          EnumSet.of(FileContent.JSON),
          "the statistics of an earlier calibration");
    }
    Samples samples = samples(model);
    Recipe recipe = isAutomatic() ? automatic(model, samples) : recipe();
    if (outputRecipe != null) {
      RecipeFile.write(recipe, outputRecipe);
    }
    List<Recipe.Entry> unmatched = recipe.unmatched(model.graphs());
    if (!unmatched.isEmpty()) {
      throw new UsageException(
          "these entries of the recipe match no operator: "
              + unmatched.stream().map(Recipe.Entry::describe).collect(Collectors.joining("; ")));
    }
    QuantizationResult quantized = quantizer(recipe, samples).quantize(model);
    System.err.println(quantized.report().toText());
    if (!isAutomatic() && hasEntry(OptimizeOptions::storesFourBits)) {
      reportFourBits(model, quantized.model(), samples);
    }
    return quantized.model();
  }

  private static boolean storesFourBits(QuantizationSettings settings) {
    return settings.mode() != QuantizationMode.FLOAT && settings.weights() == TensorType.INT4;
  }

  /** Reports the loss of 4-bit weights, which is often large. */
  private static void reportFourBits(Model floats, Model quantized, @Nullable Samples samples)
      throws IOException {
    String data = samples == null ? "random inputs" : "the representative data";
    Optional<AccuracyLoss.Loss> loss =
        AccuracyLoss.between(
            floats,
            quantized,
            samples,
            null,
            InterpreterOptions.DEFAULT,
            Runtime.getRuntime().availableProcessors());
    if (loss.isEmpty()) {
      System.err.println("--representative_data measures the loss of the 4-bit weights");
      return;
    }
    double points = loss.get().points();
    System.err.printf(
        "%s4-bit weights lose %.1f points %s on %s%s%n",
        points < MAX_FOUR_BIT_LOSS ? "" : "warning: ",
        points,
        loss.get().measure().unit(),
        data,
        points < MAX_FOUR_BIT_LOSS
            ? ""
            : "; use weights_int8, --block_size 32, or a recipe with 8 bits for some layers");
  }

  /** Returns the measure of the loss; null for the one that fits the model. */
  private AccuracyLoss.@Nullable Measure measure() {
    String name = criterion;
    if (name == null) {
      // Names of classes say that the outputs are scores.
      return labelFile() != null && labels() == null ? AccuracyLoss.Measure.AGREEMENT : null;
    }
    AccuracyLoss.Measure chosen = choice(AccuracyLoss.Measure.class, "--criterion", name);
    if (chosen == AccuracyLoss.Measure.ACCURACY && labels() == null) {
      throw new UsageException("--criterion accuracy needs --labels with the true classes");
    }
    return chosen;
  }

  private Recipe automatic(Model model, @Nullable Samples samples) throws IOException {
    if (samples == null) {
      throw new UsageException("--quantize auto needs --representative_data for evaluation");
    }
    boolean integers =
        type("--inference_input_type", inputType) != TensorType.FLOAT32
            || type("--inference_output_type", outputType) != TensorType.FLOAT32;
    AutoQuantizer.Choice choice =
        AutoQuantizer.choose(
            model,
            samples,
            new AutoQuantizer.Goal(
                measure(),
                maxLoss == null ? OptionalDouble.empty() : OptionalDouble.of(maxLoss),
                integers),
            InterpreterOptions.DEFAULT,
            Runtime.getRuntime().availableProcessors(),
            System.err::println);
    System.err.printf(
        "points %s (--criterion %s), at most %s allowed (--max_loss):%n%s%n",
        choice.measure().unit(), choice.measure().id(), choice.maxLoss(), choice.toText());
    if (!(choice.best().loss() <= choice.maxLoss())) {
      System.err.printf(
          "no recipe found loses at most %.2f points; the best one loses %.2f%n",
          choice.maxLoss(), choice.best().loss());
    }
    return choice.best().recipe();
  }

  private static TensorType type(String option, String name) {
    return switch (name.toLowerCase(Locale.ROOT)) {
      case "float32" -> TensorType.FLOAT32;
      case "int8" -> TensorType.INT8;
      case "uint8" -> TensorType.UINT8;
      case "int16" -> TensorType.INT16;
      default ->
          throw new UsageException(
              option + " " + name + ": expected float32, int8, uint8 or int16");
    };
  }
}
