package dev.whittle.cli.train;

import dev.whittle.cli.KnnOptions;
import dev.whittle.cli.option.Arguments;
import dev.whittle.cli.option.Condition;
import dev.whittle.cli.option.Conditional;
import dev.whittle.cli.option.Needs;
import dev.whittle.cli.option.UsageException;
import dev.whittle.convert.knn.LabeledPoints;
import dev.whittle.io.AtomicFile;
import dev.whittle.tflite.TfliteWriter;
import dev.whittle.train.data.GaussianBlobs;
import dev.whittle.train.data.TrainTestSplit;
import dev.whittle.train.knn.DecisionRegions;
import dev.whittle.train.knn.KnnExperiment;
import dev.whittle.train.knn.TfliteKnn;
import dev.whittle.train.network.TensorFlowLibrary;
import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import java.util.Locale;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

/** The experiment that compares nearest neighbors in TensorFlow and in TensorFlow Lite. */
@Command(
    name = "knn",
    description = {
      "Enrolls points in a TensorFlow classifier, exports it to TensorFlow Lite, and compares the",
      "results of both. Without --data, it uses the 1,000 points of the published article."
    },
    mixinStandardHelpOptions = true)
final class KnnCommand implements Callable<Integer>, Conditional {
  @Option(
      names = "--data",
      paramLabel = "F.csv",
      description = "A table of labeled points, instead of those of the article.")
  private @Nullable Path data;

  @Option(
      names = "--samples",
      paramLabel = "N",
      description = "Uses N random points, for timing, with --columns coordinates each.")
  @Needs(Condition.NO_DATA_FILE)
  private @Nullable Integer samples;

  @Option(
      names = "--columns",
      paramLabel = "N",
      defaultValue = "2",
      description = "Coordinates of a random point (default: ${DEFAULT-VALUE}).")
  @Needs(Condition.RANDOM_POINTS)
  private int columns = 2;

  @Option(
      names = "--test_share",
      paramLabel = "SHARE",
      defaultValue = "0.3",
      description = "The fraction of the points to test with (default: ${DEFAULT-VALUE}).")
  private double testShare = 0.3;

  @Option(
      names = "--seed",
      paramLabel = "N",
      defaultValue = "0",
      description = "The seed of the data and of its split (default: ${DEFAULT-VALUE}).")
  private int seed;

  @Option(
      names = "--output_file",
      paramLabel = "FILE",
      description = "Writes the exported .tflite model.")
  private @Nullable Path outputFile;

  @Option(
      names = "--plot",
      paramLabel = "FILE",
      description = "Draws the decision regions, as .svg or .png (for two coordinates only).")
  private @Nullable Path plot;

  @Mixin private KnnOptions knn = new KnnOptions();

  @Override
  public boolean holds(Condition condition) {
    return switch (condition) {
      case TABLE -> data != null;
      case NO_DATA_FILE -> data == null;
      case RANDOM_POINTS -> data == null && samples != null;
      default -> true;
    };
  }

  @Override
  public Integer call() throws IOException {
    TensorFlowLibrary.require();
    LabeledPoints points = points();
    checkPlot(points);
    TrainTestSplit split =
        Arguments.checked(
            "--test_share " + testShare, () -> TrainTestSplit.of(points, testShare, seed));
    knn.check(split.train());
    KnnExperiment.Result result =
        KnnExperiment.run(split, knn.neighbors(), knn.distance(), System.err::println);
    print(result);
    if (outputFile != null) {
      TfliteWriter.write(result.model(), outputFile);
      System.err.println("wrote " + outputFile);
    }
    if (plot != null) {
      draw(plot, result);
      System.err.println("wrote " + plot);
    }
    return 0;
  }

  private LabeledPoints points() throws IOException {
    if (data != null) {
      return knn.read("--data", data);
    }
    int count = samples == null ? 1000 : samples;
    if (count < 2 || columns < 1) {
      throw new UsageException(
          "--samples %d, --columns %d: expected at least 2 samples and 1 column"
              .formatted(count, columns));
    }
    return GaussianBlobs.make(count, columns, 5, seed);
  }

  private void checkPlot(LabeledPoints points) {
    if (plot == null) {
      return;
    }
    if (points.columns() != 2) {
      throw new UsageException(
          "--plot: the points have %d coordinates; expected 2".formatted(points.columns()));
    }
    if (!format(plot).matches("svg|png")) {
      throw new UsageException("--plot " + plot + ": expected a file name in .svg or .png");
    }
  }

  private static String format(Path file) {
    String name = String.valueOf(file.getFileName());
    return name.substring(name.lastIndexOf('.') + 1).toLowerCase(Locale.ROOT);
  }

  private void print(KnnExperiment.Result result) {
    LabeledPoints train = result.data().train();
    System.out.printf(
        "%,d points enrolled, %,d classified, %d coordinates, %d labels, k = %d, distance %s%n",
        train.rows(),
        result.data().test().rows(),
        train.columns(),
        train.labelNames().size(),
        knn.neighbors(),
        knn.distance());
    System.out.printf("exported model: %,d bytes%n%n", result.fileBytes());
    List<KnnExperiment.Outcome> outcomes = result.outcomes();
    System.out.printf(
        "%-34s %-20s %-28s %s%n", "", "accuracy", "neighbors against TensorFlow", "time");
    for (int i = 0; i < outcomes.size(); i++) {
      KnnExperiment.Outcome outcome = outcomes.get(i);
      System.out.printf(
          "%-34s %-20s %-28s %.1f ms%n",
          outcome.name(),
          outcome.accuracy(),
          i == 0 ? "" : comparison(outcome, result.data().test().rows()),
          outcome.nanos() / 1e6);
    }
  }

  private static String comparison(KnnExperiment.Outcome outcome, int rows) {
    return outcome.isIdentical()
        ? "identical"
        : "%d of %d rows differ".formatted(outcome.differentRows(), rows);
  }

  private static void draw(Path file, KnnExperiment.Result result) throws IOException {
    try (var classifier = TfliteKnn.of(TfliteWriter.toBytes(result.model()), "reference")) {
      byte[] image =
          DecisionRegions.draw(
              classifier, result.data().test(), "Decision regions and test points", format(file));
      AtomicFile.write(file, out -> out.write(image));
    }
  }
}
