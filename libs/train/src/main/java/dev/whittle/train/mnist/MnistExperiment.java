package dev.whittle.train.mnist;

import dev.whittle.data.Samples;
import dev.whittle.evaluate.Evaluation;
import dev.whittle.evaluate.Evaluator;
import dev.whittle.evaluate.NamedModel;
import dev.whittle.ir.Model;
import dev.whittle.ir.Node;
import dev.whittle.ir.op.activation.Logistic;
import dev.whittle.optimize.quantize.QuantizationPlan;
import dev.whittle.optimize.quantize.Quantizer;
import dev.whittle.optimize.recipe.HeadMode;
import dev.whittle.optimize.recipe.Recipe;
import dev.whittle.optimize.sparse.Pruning;
import dev.whittle.optimize.sparse.WeightClustering;
import dev.whittle.runtime.InterpreterOptions;
import dev.whittle.train.Callback;
import dev.whittle.train.SequentialModel;
import dev.whittle.train.TrainableModel;
import dev.whittle.train.Trainer;
import dev.whittle.train.TrainingResult;
import dev.whittle.train.network.Optimizer;
import dev.whittle.train.network.PruningSchedule;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Objects;
import java.util.Set;
import java.util.function.Consumer;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/**
 * The digits experiment: trains the network 784-128-32-10 with a sigmoid head, and quantizes,
 * prunes and clusters it, separately and in combination.
 */
public final class MnistExperiment {
  private static final int CALIBRATION_SAMPLES = 500;
  private static final int BATCH = 32;
  private static final float FINE_TUNING_RATE = 3e-4f;
  private static final int CLUSTERS = 16;
  private static final double COMBINED_SPARSITY = 0.8;
  private static final int PRUNING_FREQUENCY = 100;

  /**
   * The size of an experiment.
   *
   * @param epochs the number of epochs for the float model
   * @param fineTuning the number of epochs for quantization-aware training and clustering
   * @param pruning the number of epochs for pruning; the sparsity grows over the first half
   * @param trainingSamples the maximum number of training samples
   * @param testSamples the maximum number of test samples
   * @param timedRuns the number of timed invocations of each model
   * @param seed the seed of weights and training
   */
  public record Settings(
      int epochs,
      int fineTuning,
      int pruning,
      long trainingSamples,
      long testSamples,
      int timedRuns,
      long seed) {
    /** Returns the settings of the full experiment. */
    public static Settings full(long seed) {
      return new Settings(10, 1, 4, Long.MAX_VALUE, Long.MAX_VALUE, 500, seed);
    }

    /** Returns these settings with another number of epochs for the float model. */
    public Settings withEpochs(int newEpochs) {
      return new Settings(
          newEpochs, fineTuning, pruning, trainingSamples, testSamples, timedRuns, seed);
    }

    /** Returns the settings of a test run, which takes seconds. */
    public static Settings brief(long seed) {
      return new Settings(1, 1, 1, 2000, 1000, 10, seed);
    }
  }

  /**
   * A variant of the network.
   *
   * @param name the name in reports
   * @param model the model to deploy
   * @param trained the accuracy on the test digits that training reported, from 0 to 1; NaN if the
   *     variant was made after training
   */
  public record Variant(String name, Model model, double trained) {}

  /**
   * The result of an experiment.
   *
   * @param settings the settings
   * @param variants all variants of the network
   * @param evaluations an evaluation for each engine, with results in the order of the variants
   */
  public record Result(Settings settings, List<Variant> variants, List<Evaluation> evaluations) {
    public Result {
      variants = List.copyOf(variants);
      evaluations = List.copyOf(evaluations);
    }
  }

  private final Settings settings;
  private final Samples training;
  private final Samples test;
  private final Consumer<String> progress;
  private final Function<String, Callback> watch;
  private final List<Variant> variants = new ArrayList<>();

  /**
   * Creates an experiment.
   *
   * @param training labeled images {@code [28, 28]} from 0 to 1 for training
   * @param test labeled images {@code [28, 28]} from 0 to 1 for testing
   * @param progress receives a line for each step
   * @param watch returns a callback for each training, by the name of the variant
   */
  public MnistExperiment(
      Settings settings,
      Samples training,
      Samples test,
      Consumer<String> progress,
      Function<String, Callback> watch) {
    this.settings = settings;
    this.training = training.first(settings.trainingSamples());
    this.test = test.first(settings.testSamples());
    this.progress = progress;
    this.watch = watch;
  }

  /**
   * Runs the experiment.
   *
   * @param engines the names of the engines that run all variants
   * @param threads the number of samples to run at a time
   * @param kerasFile the file for the trained float model; null for none
   * @throws IOException if the samples cannot be read, or a file cannot be written
   */
  public Result run(List<String> engines, int threads, @Nullable Path kerasFile)
      throws IOException {
    Path untrained = Files.createTempFile("whittle-", ".keras");
    try {
      SequentialModel.input(28, 28)
          .flatten()
          .dense(128, "relu")
          .dense(32, "relu")
          .dense(10, "sigmoid")
          .write(untrained, settings.seed());
      TrainableModel floats = trainAll(TrainableModel.fromKerasModel(untrained));
      if (kerasFile != null) {
        floats.saveKeras(kerasFile);
      }
      List<Evaluation> evaluations = new ArrayList<>();
      List<NamedModel> models = new ArrayList<>();
      for (Variant variant : variants) {
        models.add(NamedModel.of(variant.name(), variant.model()));
      }
      for (String engine : engines) {
        progress.accept("running all variants, engine " + engine);
        InterpreterOptions options = InterpreterOptions.DEFAULT.withEngine(engine);
        evaluations.add(
            new Evaluator(options, threads).timedRuns(settings.timedRuns()).evaluate(models, test));
      }
      return new Result(settings, variants, evaluations);
    } finally {
      Files.deleteIfExists(untrained);
    }
  }

  private TrainableModel trainAll(TrainableModel untrained) throws IOException {
    TrainingResult floats =
        fit(
            "float32",
            new Trainer(untrained).optimizer(Optimizer.adam(1e-3f)).epochs(settings.epochs()));
    quantizeAfterTraining(floats.model().deployed());
    TrainableModel start = floats.model();
    integerHead(fit("QAT int8", tuned(start).quantize(Recipe.int8(), training)));
    TrainingResult pruned = null;
    for (double sparsity : new double[] {0.5, COMBINED_SPARSITY, 0.9}) {
      TrainingResult result = prune(start, sparsity);
      pruned = sparsity == COMBINED_SPARSITY ? result : pruned;
    }
    TrainingResult clustered =
        fit("clustered 16, linear", tuned(start).cluster(clusters(false), null));
    fit(
        "clustered 16, k-means++",
        tuned(start)
            .cluster(
                new WeightClustering(
                    CLUSTERS,
                    WeightClustering.Initialization.KMEANS_PLUS_PLUS,
                    false,
                    false,
                    settings.seed()),
                null));
    combine(clustered.model(), Objects.requireNonNull(pruned).model());
    return start;
  }

  private void quantizeAfterTraining(Model model) throws IOException {
    progress.accept("quantizing after training");
    add("dynamic range", model, Recipe.dynamic());
    add(
        "dynamic range, one scale",
        model,
        Recipe.dynamic().mapSettings(s -> s.withPerChannel(false).withMinElements(0)));
    add("float16", model, Recipe.float16());
    add("int8", model, Recipe.int8());
    add("int8, head in integers", model, Recipe.int8().withHead(HeadMode.INTEGER));
    add("int16x8", model, Recipe.int16x8());
  }

  private void add(String name, Model model, Recipe recipe) throws IOException {
    Model quantized =
        new Quantizer(recipe)
            .calibrateWith(training.first(CALIBRATION_SAMPLES))
            .quantize(model)
            .model();
    variants.add(new Variant(name, quantized, Double.NaN));
  }

  private TrainingResult prune(TrainableModel start, double sparsity) throws IOException {
    long steps =
        Math.ceilDiv(training.size().orElse(60_000), BATCH) * (long) settings.pruning() / 2;
    return fit(
        "pruned %.0f %%".formatted(100 * sparsity),
        tuned(start)
            .optimizer(Optimizer.adam(1e-3f))
            .epochs(settings.pruning())
            .prune(
                new Pruning.Unstructured(sparsity),
                PruningSchedule.polynomialDecay(
                    Math.min(0.3, sparsity), sparsity, 0, steps, PRUNING_FREQUENCY),
                null));
  }

  /** Adds the variant of the published article, whose head computes in integers. */
  private void integerHead(TrainingResult trained) throws IOException {
    QuantizationPlan plan = trained.plan();
    if (plan == null) {
      return;
    }
    Model model = trained.model().model();
    Set<Integer> floats = new HashSet<>(plan.floatNodes());
    List<Node> nodes = model.mainGraph().nodes();
    floats.removeIf(n -> nodes.get(n).op() instanceof Logistic);
    Model quantized = new Quantizer(plan.recipe()).keepInFloat(floats).quantize(model).model();
    variants.add(new Variant("QAT int8, head in integers", quantized, trained.last().accuracy()));
  }

  /** Returns the recipe with one scale for each tensor, which keeps equal weights equal. */
  private static Recipe oneScale() {
    return Recipe.int8().mapSettings(s -> s.withPerChannel(false));
  }

  private void combine(TrainableModel clustered, TrainableModel pruned) throws IOException {
    Recipe recipe = oneScale();
    fit("clustered + QAT int8", tuned(clustered).preserveClusters().quantize(recipe, training));
    fit("pruned 80 % + QAT int8", tuned(pruned).preserveSparsity().quantize(recipe, training));
    TrainingResult both =
        fit(
            "pruned 80 % + clustered 16",
            tuned(pruned).preserveSparsity().cluster(clusters(true), null));
    fit(
        "pruned 80 % + clustered + QAT int8",
        tuned(both.model()).preserveSparsity().preserveClusters().quantize(recipe, training));
  }

  private WeightClustering clusters(boolean preserveZeros) {
    return new WeightClustering(
        CLUSTERS, WeightClustering.Initialization.LINEAR, false, preserveZeros, settings.seed());
  }

  private Trainer tuned(TrainableModel start) {
    return new Trainer(start)
        .optimizer(Optimizer.adam(FINE_TUNING_RATE))
        .epochs(settings.fineTuning());
  }

  private TrainingResult fit(String name, Trainer trainer) throws IOException {
    progress.accept("training: " + name);
    TrainingResult training = configured(trainer).callback(watch.apply(name)).fit(this.training);
    variants.add(new Variant(name, training.deployed(), training.last().accuracy()));
    return training;
  }

  private Trainer configured(Trainer trainer) {
    return trainer.batchSize(BATCH).seed(settings.seed()).validateWith(test);
  }
}
