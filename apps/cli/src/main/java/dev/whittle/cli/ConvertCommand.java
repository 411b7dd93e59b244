package dev.whittle.cli;

import dev.whittle.convert.TfLiteConverter;
import dev.whittle.convert.knn.CsvPoints;
import dev.whittle.convert.knn.KnnGraph;
import dev.whittle.convert.knn.LabeledPoints;
import dev.whittle.ir.Model;
import dev.whittle.tflite.TfliteWriter;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.ArgGroup;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

/** The command that converts a trained model to a {@code .tflite} file. */
@Command(
    name = "convert",
    description = "Converts a trained model to a .tflite file.",
    mixinStandardHelpOptions = true)
final class ConvertCommand implements Callable<Integer> {
  /** The model to convert: exactly one option. */
  static final class Source {
    @Option(
        names = "--knn_data",
        paramLabel = "F.csv",
        description = "A table of labeled points, for a k-nearest-neighbors classifier.")
    private @Nullable Path knnData;

    @Option(
        names = "--keras_model_file",
        paramLabel = "FILE",
        description = "A Keras model: .keras, .h5, or the model.json of TensorFlow.js.")
    private @Nullable Path kerasModelFile;

    @Option(
        names = "--saved_model_dir",
        paramLabel = "FOLDER",
        description = "The folder of a SavedModel.")
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

  @Option(
      names = "--keras_config",
      paramLabel = "F.json",
      description = "The output of model.to_json(), for a file of weights only.")
  private @Nullable Path kerasConfig;

  @Mixin private SavedModelOptions savedModel = new SavedModelOptions();

  @Option(
      names = "--input_shape",
      paramLabel = "NAME:1,224,224,3",
      description = "Fixes the shape of an input; -1 is an unknown dimension. May be repeated.")
  private List<String> inputShapes = List.of();

  @Option(
      names = "--explain",
      description = "Prints the operators of each layer or operation, and the fusions applied.")
  private boolean explain;

  @Mixin private KnnOptions knn = new KnnOptions();

  @Mixin private ImageModelOptions image = new ImageModelOptions();

  @Mixin private OptimizeOptions options = new OptimizeOptions();

  @Override
  public Integer call() throws IOException {
    Model model = source.knnData == null ? ofTensorFlow() : ofPoints(source.knnData);
    image.normalization().ifPresent(options::assumeNormalization);
    Model optimized = options.isRequested() ? options.optimize(model) : model;
    TfliteWriter.write(image.describe(optimized, options.labelFile()), outputFile);
    Sizes.print(outputFile);
    return Main.DONE;
  }

  private Model ofPoints(Path data) throws IOException {
    LabeledPoints points = CsvPoints.read(data, knn.label());
    System.err.printf(
        "%,d points of %d coordinates, %d labels%n",
        points.rows(), points.columns(), points.labelNames().size());
    return KnnGraph.build(points, knn.neighbors(), knn.distance());
  }

  private Model ofTensorFlow() throws IOException {
    Path file = source.kerasModelFile == null ? source.savedModelDir : source.kerasModelFile;
    if (file == null || !Files.exists(file)) {
      throw new UsageException(file + ": there is no such file");
    }
    if (source.kerasModelFile != null && savedModel.allowsCustomOperators()) {
      throw new UsageException("--allow_custom_ops needs --saved_model_dir");
    }
    TfLiteConverter converter =
        source.kerasModelFile == null
            ? savedModel.converter(file)
            : TfLiteConverter.fromKerasModel(file);
    if (kerasConfig != null) {
      converter.kerasConfig(kerasConfig);
    }
    for (String inputShape : inputShapes) {
      fixShape(converter, inputShape);
    }
    TfLiteConverter.Conversion conversion = converter.convertModel();
    if (explain) {
      System.out.println(conversion.report().toText());
    }
    return conversion.model();
  }

  private static void fixShape(TfLiteConverter converter, String inputShape) {
    int colon = inputShape.lastIndexOf(':');
    if (colon < 1) {
      throw new UsageException("--input_shape " + inputShape + ": expected NAME:1,224,224,3");
    }
    String[] texts = inputShape.substring(colon + 1).split(",", -1);
    int[] dims = new int[texts.length];
    try {
      for (int i = 0; i < dims.length; i++) {
        dims[i] = Integer.parseInt(texts[i].strip());
      }
      converter.inputShape(inputShape.substring(0, colon), dims);
    } catch (IllegalArgumentException e) {
      throw new UsageException("--input_shape " + inputShape + ": " + e.getMessage());
    }
  }
}
