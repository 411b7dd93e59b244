package dev.whittle.cli;

import dev.whittle.convert.knn.CsvPoints;
import dev.whittle.convert.knn.KnnGraph;
import dev.whittle.convert.knn.LabeledPoints;
import dev.whittle.ir.Model;
import dev.whittle.ir.UnsupportedModelException;
import dev.whittle.tflite.TfliteWriter;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.ArgGroup;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

/** Converts a trained model to a {@code .tflite} file. */
@Command(
    name = "convert",
    description = "Converts a trained model to a .tflite file.",
    mixinStandardHelpOptions = true)
final class ConvertCommand implements Callable<Integer> {
  /** Exactly one source. */
  static final class Source {
    @Option(
        names = "--knn_data",
        paramLabel = "F.csv",
        description = "A table of labeled points, for a k-nearest-neighbors classifier.")
    private @Nullable Path knnData;

    @Option(
        names = "--keras_model_file",
        paramLabel = "FILE",
        description = "A Keras model (not yet).")
    private @Nullable Path kerasModelFile;

    @Option(
        names = "--saved_model_dir",
        paramLabel = "FOLDER",
        description = "A SavedModel (not yet).")
    private @Nullable Path savedModelDir;
  }

  @ArgGroup(multiplicity = "1")
  private Source source = new Source();

  @Option(
      names = "--output_file",
      required = true,
      paramLabel = "FILE",
      description = "The .tflite file to write.")
  private Path outputFile = Path.of("");

  @Mixin private KnnOptions knn = new KnnOptions();

  @Override
  public Integer call() throws IOException {
    if (source.knnData == null) {
      Path refused = source.kerasModelFile == null ? source.savedModelDir : source.kerasModelFile;
      boolean keras = source.kerasModelFile != null;
      if (refused == null || !Files.exists(refused)) {
        throw new UsageException(refused + ": there is no such file");
      }
      throw new UnsupportedModelException(
          refused.toString(),
          "this version does not convert " + (keras ? "Keras models" : "SavedModels"),
          "TensorFlow's own converter can; whittle inspects and runs what it writes");
    }
    LabeledPoints points = CsvPoints.read(source.knnData, knn.label());
    System.err.printf(
        "%,d points of %d coordinates, %d labels%n",
        points.rows(), points.columns(), points.labelNames().size());
    Model model = KnnGraph.build(points, knn.neighbors(), knn.distance());
    TfliteWriter.write(model, outputFile);
    System.out.printf("%s: %,d bytes%n", outputFile, Files.size(outputFile));
    return Main.DONE;
  }
}
