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
 * TensorFlow's {@code tflite_convert} as far as it goes: the same options, defaults and exit
 * statuses (2 for wrong usage, 1 for all else that fails).
 */
@Command(
    name = "tflite_convert",
    description = "Converts as TensorFlow's command of this name does; see also convert.",
    mixinStandardHelpOptions = true)
final class TfliteConvertCommand implements Callable<Integer> {
  /** Exactly one source. */
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
      description = "Not supported: the converter of TensorFlow 1.")
  private boolean firstConverter;

  @Option(
      names = "--experimental_new_converter",
      arity = "0..1",
      defaultValue = "true",
      fallbackValue = "true",
      paramLabel = "true|false",
      description = "Only true: there is one converter.")
  private boolean newConverter = true;

  @Option(
      names = "--experimental_new_quantizer",
      arity = "0..1",
      defaultValue = "true",
      fallbackValue = "true",
      paramLabel = "true|false",
      description = "Without meaning: nothing is quantized here.")
  @SuppressWarnings("UnusedVariable") // Accepted so that scripts keep working.
  private boolean newQuantizer = true;

  @Override
  public Integer call() {
    if (firstConverter || !newConverter) {
      throw new UsageException(
          "there is only one converter here, which is neither of TensorFlow's");
    }
    try {
      TfliteWriter.write(convert(), outputFile);
    } catch (IOException e) {
      System.err.println("tflite_convert: " + Main.explained(e));
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
