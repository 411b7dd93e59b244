package dev.whittle.cli;

import dev.whittle.cli.option.Arguments;
import dev.whittle.cli.option.Condition;
import dev.whittle.cli.option.Conditional;
import dev.whittle.cli.option.Needs;
import dev.whittle.cli.option.UsageException;
import dev.whittle.convert.TfLiteConverter;
import dev.whittle.convert.knn.KnnGraph;
import dev.whittle.convert.knn.LabeledPoints;
import dev.whittle.ir.Model;
import dev.whittle.ir.op.type.FakeQuant;
import dev.whittle.tflite.TfliteWriter;
import java.io.IOException;
import java.nio.file.Path;
import java.util.EnumSet;
import java.util.HashSet;
import java.util.List;
import java.util.Objects;
import java.util.Set;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.ArgGroup;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/** The command that converts a trained model to a {@code .tflite} file. */
@Command(
    name = "convert",
    description = "Converts a trained model to a .tflite file.",
    mixinStandardHelpOptions = true)
final class ConvertCommand implements Callable<Integer>, Conditional {
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

    @Option(
        names = "--graph_def_file",
        paramLabel = "F.pb",
        description = "A frozen graph of TensorFlow 1, with --input_arrays and --output_arrays.")
    private @Nullable Path graphDefFile;

    @Parameters(
        index = "0",
        arity = "0..1",
        paramLabel = "MODEL",
        description = "Any of these; its contents tell which.")
    private @Nullable Path model;
  }

  @ArgGroup(multiplicity = "1")
  private Source source = new Source();

  @Option(
      names = {"-o", "--output_file"},
      required = true,
      paramLabel = "FILE",
      description = "The .tflite file to write.")
  private Path outputFile = Path.of("");

  @Option(
      names = "--keras_config",
      paramLabel = "F.json",
      description = "The output of model.to_json(), for a file of weights only.")
  @Needs(Condition.KERAS_MODEL)
  private @Nullable Path kerasConfig;

  @Mixin private SavedModelOptions savedModel = new SavedModelOptions();

  @Mixin private FrozenGraphOptions frozenGraph = new FrozenGraphOptions();

  @Option(
      names = "--input_shape",
      paramLabel = "NAME:1,224,224,3",
      description = "Fixes the shape of an input; -1 is an unknown dimension. May be repeated.")
  @Needs(Condition.TENSORFLOW_MODEL)
  private List<String> inputShapes = List.of();

  @Option(
      names = "--explain",
      description = "Prints the operators of each layer or operation, and the fusions applied.")
  @Needs(Condition.TENSORFLOW_MODEL)
  private boolean explain;

  @Mixin private KnnOptions knn = new KnnOptions();

  @Mixin private ImageModelOptions image = new ImageModelOptions();

  @Mixin private OptimizeOptions options = new OptimizeOptions();

  @Override
  public Integer call() throws IOException {
    Source chosen = source();
    Model model = chosen.knnData == null ? ofTensorFlow(chosen) : ofPoints(chosen.knnData);
    image.normalization().ifPresent(options::assumeNormalization);
    Model optimized = options.isRequested() ? options.optimize(model) : model;
    TfliteWriter.write(image.describe(optimized, options.labelFile()), outputFile);
    Sizes.print(outputFile);
    return Main.DONE;
  }

  @Override
  public boolean holds(Condition condition) throws IOException {
    Source chosen = source();
    return switch (condition) {
      case SAVED_MODEL -> chosen.savedModelDir != null;
      case FROZEN_GRAPH -> chosen.graphDefFile != null;
      case GRAPH -> chosen.savedModelDir != null || chosen.graphDefFile != null;
      case KERAS_MODEL -> chosen.kerasModelFile != null;
      case KNN_DATA, TABLE -> chosen.knnData != null;
      case TENSORFLOW_MODEL -> chosen.knnData == null;
      default -> options.holds(condition);
    };
  }

  /** Returns the model by the option for its kind; a parameter is recognized by its contents. */
  private Source source() throws IOException {
    Path model = source.model;
    if (model == null) {
      return source;
    }
    FileContent content = InputFiles.content("", model);
    var recognized = new Source();
    if (InputFiles.isKeras(content)) {
      recognized.kerasModelFile = model;
    } else if (content == FileContent.SAVED_MODEL) {
      recognized.savedModelDir = model;
    } else if (content == FileContent.FROZEN_GRAPH) {
      recognized.graphDefFile = model;
    } else if (content == FileContent.TEXT) {
      recognized.knnData = model;
    } else {
      throw InputFiles.unexpected(
          "",
          model,
          content,
          "a Keras model, the folder of a SavedModel, a frozen graph, or a table of points");
    }
    return recognized;
  }

  private Model ofPoints(Path data) throws IOException {
    LabeledPoints points = knn.read("--knn_data", data);
    System.err.printf(
        "%,d points of %d coordinates, %d labels%n",
        points.rows(), points.columns(), points.labelNames().size());
    knn.check(points);
    return KnnGraph.build(points, knn.neighbors(), knn.distance());
  }

  private Model ofTensorFlow(Source chosen) throws IOException {
    TfLiteConverter converter;
    if (chosen.kerasModelFile != null) {
      InputFiles.requireKeras("--keras_model_file", chosen.kerasModelFile);
      converter = TfLiteConverter.fromKerasModel(chosen.kerasModelFile);
    } else if (chosen.graphDefFile != null) {
      converter =
          frozenGraph
              .converter(chosen.graphDefFile)
              .allowCustomOperators(savedModel.allowsCustomOperators());
    } else {
      Path folder = Objects.requireNonNull(chosen.savedModelDir);
      InputFiles.requireSavedModel("--saved_model_dir", folder);
      converter = savedModel.converter(folder);
    }
    if (kerasConfig != null) {
      InputFiles.require(
          "--keras_config",
          kerasConfig,
          EnumSet.of(FileContent.KERAS_CONFIG, FileContent.TFJS_LAYERS, FileContent.JSON),
          "the output of model.to_json()");
      converter.kerasConfig(kerasConfig);
    }
    converter.keepTrainedRanges(options.isRequested());
    Set<String> fixed = new HashSet<>();
    for (String inputShape : inputShapes) {
      if (!fixed.add(fixShape(converter, inputShape))) {
        throw new UsageException("--input_shape " + inputShape + ": the input has two shapes");
      }
    }
    TfLiteConverter.Conversion conversion = InputFiles.reading(converter::convertModel);
    if (explain) {
      System.out.println(conversion.report().toText());
    }
    boolean trained =
        conversion.model().graphs().stream()
            .flatMap(graph -> graph.nodes().stream())
            .anyMatch(node -> node.op() instanceof FakeQuant);
    if (trained && !options.isRequested()) {
      System.err.println(
          "the model was trained with quantization and stays in floats; --quantize int8 stores the"
              + " trained integers, without data");
    }
    return conversion.model();
  }

  /** Sets the shape of an input, and returns the input's name. */
  private static String fixShape(TfLiteConverter converter, String inputShape) {
    int colon = inputShape.lastIndexOf(':');
    if (colon < 1) {
      throw new UsageException("--input_shape " + inputShape + ": expected NAME:1,224,224,3");
    }
    String name = inputShape.substring(0, colon);
    String[] texts = inputShape.substring(colon + 1).split(",", -1);
    int[] dims = new int[texts.length];
    for (int i = 0; i < dims.length; i++) {
      try {
        dims[i] = Integer.parseInt(texts[i].strip());
      } catch (NumberFormatException e) {
        throw new UsageException(
            "--input_shape %s: '%s' is no dimension; expected NAME:1,224,224,3"
                .formatted(inputShape, texts[i]),
            e);
      }
    }
    Arguments.checked("--input_shape " + inputShape, () -> converter.inputShape(name, dims));
    return name;
  }
}
