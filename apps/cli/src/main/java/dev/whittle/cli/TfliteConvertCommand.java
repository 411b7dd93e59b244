package dev.whittle.cli;

import dev.whittle.cli.option.Condition;
import dev.whittle.cli.option.Conditional;
import dev.whittle.cli.option.UsageException;
import dev.whittle.convert.TfLiteConverter;
import dev.whittle.ir.Model;
import dev.whittle.tflite.TfliteWriter;
import java.io.IOException;
import java.nio.file.Path;
import java.util.Objects;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.ArgGroup;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

/**
 * A replacement of TensorFlow's {@code tflite_convert}, with the same options, defaults and exit
 * statuses: 2 for wrong usage, 1 for other failures.
 */
@Command(
    name = "tflite_convert",
    description = "Replaces TensorFlow's command of this name; see also convert.",
    mixinStandardHelpOptions = true)
final class TfliteConvertCommand implements Callable<Integer>, Conditional {
  /** The model to convert: exactly one option. */
  static final class Source {
    @Option(
        names = "--saved_model_dir",
        paramLabel = "FOLDER",
        description = "The folder of a SavedModel.")
    private @Nullable Path savedModelDir;

    @Option(
        names = "--keras_model_file",
        paramLabel = "FILE",
        description = "A Keras model: .keras or .h5.")
    private @Nullable Path kerasModelFile;

    @Option(
        names = "--graph_def_file",
        paramLabel = "F.pb",
        description = "A frozen graph of TensorFlow 1, with --input_arrays and --output_arrays.")
    private @Nullable Path graphDefFile;
  }

  @ArgGroup(multiplicity = "1")
  private Source source = new Source();

  @Option(
      names = {"-o", "--output_file"},
      required = true,
      paramLabel = "FILE",
      description = "The .tflite file to write.")
  private Path outputFile = Path.of("");

  @Mixin private SavedModelOptions savedModel = new SavedModelOptions();

  @Mixin private FrozenGraphOptions frozenGraph = new FrozenGraphOptions();

  @Option(
      names = "--enable_v1_converter",
      arity = "0..1",
      fallbackValue = "true",
      paramLabel = "true|false",
      description = "Only false, but with --graph_def_file: Whittle has one converter.")
  private boolean firstConverter;

  @Option(
      names = "--experimental_new_converter",
      arity = "0..1",
      defaultValue = "true",
      fallbackValue = "true",
      paramLabel = "true|false",
      description = "Only true: there is no other converter.")
  private boolean newConverter = true;

  @Option(
      names = "--experimental_new_quantizer",
      arity = "0..1",
      defaultValue = "true",
      fallbackValue = "true",
      paramLabel = "true|false",
      description = "Only true: there is no other quantizer.")
  private boolean newQuantizer = true;

  @Override
  public boolean holds(Condition condition) {
    return switch (condition) {
      case SAVED_MODEL -> source.savedModelDir != null;
      case FROZEN_GRAPH -> source.graphDefFile != null;
      case GRAPH -> source.savedModelDir != null || source.graphDefFile != null;
      default -> false;
    };
  }

  @Override
  public Integer call() {
    // TensorFlow's command took frozen graphs with its former converter only.
    if ((firstConverter && source.graphDefFile == null) || !newConverter || !newQuantizer) {
      throw new UsageException(
          "--enable_v1_converter must be false, and --experimental_new_converter and"
              + " --experimental_new_quantizer true: Whittle has one converter only");
    }
    try {
      TfliteWriter.write(convert(), outputFile);
    } catch (IOException | UsageException e) {
      System.err.println("tflite_convert: " + Main.message(e));
      return Main.CANNOT_HANDLE_MODEL;
    }
    return Main.DONE;
  }

  private Model convert() throws IOException {
    Path keras = source.kerasModelFile;
    if (keras != null) {
      InputFiles.requireKeras("--keras_model_file", keras);
      return TfLiteConverter.fromKerasModel(keras).convertModel().model();
    }
    Path graph = source.graphDefFile;
    if (graph != null) {
      return frozenGraph
          .converter(graph)
          .allowCustomOperators(savedModel.allowsCustomOperators())
          .convertModel()
          .model();
    }
    Path folder = Objects.requireNonNull(source.savedModelDir);
    InputFiles.requireSavedModel("--saved_model_dir", folder);
    return savedModel.converter(folder).convertModel().model();
  }
}
