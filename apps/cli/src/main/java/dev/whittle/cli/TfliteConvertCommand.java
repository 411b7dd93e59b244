package dev.whittle.cli;

import dev.whittle.convert.TfLiteConverter;
import dev.whittle.ir.Model;
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

/**
 * A replacement of TensorFlow's {@code tflite_convert}, with the same options, defaults and exit
 * statuses: 2 for wrong usage, 1 for other failures.
 */
@Command(
    name = "tflite_convert",
    description = "Replaces TensorFlow's command of this name; see also convert.",
    mixinStandardHelpOptions = true)
final class TfliteConvertCommand implements Callable<Integer> {
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
  }

  @ArgGroup(multiplicity = "1")
  private Source source = new Source();

  @Option(
      names = "--output_file",
      required = true,
      paramLabel = "FILE",
      description = "The .tflite file to write.")
  private Path outputFile = Path.of("");

  @Mixin private SavedModelOptions savedModel = new SavedModelOptions();

  @Option(
      names = "--enable_v1_converter",
      arity = "0..1",
      fallbackValue = "true",
      paramLabel = "true|false",
      description = "Only false: the converter of TensorFlow 1 is not supported.")
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
      description = "Ignored: this command does not quantize.")
  @SuppressWarnings("UnusedVariable") // Accepted for scripts that use it.
  private boolean newQuantizer = true;

  @Override
  public Integer call() {
    if (firstConverter || !newConverter) {
      throw new UsageException(
          "--enable_v1_converter must be false and --experimental_new_converter true: Whittle has"
              + " one converter only");
    }
    try {
      TfliteWriter.write(convert(), outputFile);
    } catch (IOException e) {
      System.err.println("tflite_convert: " + Main.message(e));
      return Main.CANNOT_HANDLE_MODEL;
    }
    return Main.DONE;
  }

  private Model convert() throws IOException {
    Path keras = source.kerasModelFile;
    if (keras != null) {
      return TfLiteConverter.fromKerasModel(keras).convertModel().model();
    }
    Path folder = source.savedModelDir;
    if (folder == null || !Files.isDirectory(folder)) {
      throw new IOException(folder + ": there is no such folder");
    }
    return savedModel.converter(folder).convertModel().model();
  }
}
