package dev.whittle.cli;

import dev.whittle.cli.option.UsageException;
import dev.whittle.convert.TfLiteConverter;
import dev.whittle.evaluate.NamedModel;
import dev.whittle.ir.MalformedModelException;
import dev.whittle.ir.Model;
import dev.whittle.runtime.Interpreter;
import dev.whittle.runtime.InterpreterOptions;
import dev.whittle.tflite.TfliteReader;
import dev.whittle.vision.Labels;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.EnumSet;
import java.util.List;
import java.util.Set;

/**
 * Files and folders that commands read. What cannot be read, or is something else than a command
 * expects, is the user's mistake; the message says what it is and what takes it.
 */
final class InputFiles {
  private static final Set<FileContent> KERAS_FILES =
      EnumSet.of(
          FileContent.KERAS,
          FileContent.HDF5,
          FileContent.TFJS_LAYERS,
          FileContent.KERAS_CONFIG,
          FileContent.JSON);

  private InputFiles() {}

  /** A step that reads a file. */
  @FunctionalInterface
  interface Reading<T> {
    T read() throws IOException;
  }

  /**
   * Returns the content of a file or folder.
   *
   * @param given the option or parameter that names it, for messages; empty for a parameter
   * @throws UsageException if there is none, or it may not be read
   */
  static FileContent content(String given, Path path) throws IOException {
    String start = given.isEmpty() ? path.toString() : given + " " + path;
    if (!Files.exists(path)) {
      throw new UsageException(start + ": there is no such file or folder");
    }
    if (!Files.isReadable(path)) {
      throw new UsageException(start + ": permission denied");
    }
    if (!Files.isDirectory(path) && !Files.isRegularFile(path)) {
      throw new UsageException(start + ": is neither a file nor a folder");
    }
    return FileContent.of(path);
  }

  /**
   * Returns the content of a file or folder, which must be one of some or unknown.
   *
   * @param given the option or parameter that names it, for messages; empty for a parameter
   * @param expected the accepted kinds as a noun phrase, for messages
   * @throws UsageException if it is of another kind
   */
  static FileContent require(String given, Path path, Set<FileContent> accepted, String expected)
      throws IOException {
    FileContent content = content(given, path);
    if (!accepted.contains(content) && content != FileContent.UNKNOWN) {
      throw unexpected(given, path, content, expected);
    }
    return content;
  }

  /** Returns the exception for a file or folder of another kind than expected. */
  static UsageException unexpected(String given, Path path, FileContent content, String expected) {
    return new UsageException(
        "%s%s: is %s; expected %s%s"
            .formatted(
                given.isEmpty() ? "" : given + " ",
                path,
                content.description(),
                expected,
                content.advice().isEmpty() ? "" : " (" + content.advice() + ")"));
  }

  /**
   * Runs a step that reads a file.
   *
   * @throws UsageException if the file is broken
   */
  static <T> T reading(Reading<T> reading) throws IOException {
    try {
      return reading.read();
    } catch (MalformedModelException e) {
      throw new UsageException(String.valueOf(e.getMessage()), e);
    }
  }

  private static void requireTflite(String given, Path file) throws IOException {
    require(given, file, EnumSet.of(FileContent.TFLITE), "a .tflite file");
  }

  /** Reads a {@code .tflite} file. */
  static Model readTflite(String given, Path file) throws IOException {
    requireTflite(given, file);
    return reading(() -> TfliteReader.read(file));
  }

  /** Opens an interpreter of a {@code .tflite} file. */
  static Interpreter interpreter(Path file, InterpreterOptions options) throws IOException {
    requireTflite("", file);
    return reading(() -> Interpreter.of(file, options));
  }

  /** Checks that files are {@code .tflite} files. */
  static void requireTflite(Iterable<Path> files) throws IOException {
    for (Path file : files) {
      readTflite("", file);
    }
  }

  /**
   * Checks that a file may be a Keras model.
   *
   * @param given the option that names it
   */
  static void requireKeras(String given, Path file) throws IOException {
    require(given, file, KERAS_FILES, "a Keras model: .keras, .h5, or a TensorFlow.js model.json");
  }

  /**
   * Checks that a folder may be a SavedModel.
   *
   * @param given the option that names it
   */
  static void requireSavedModel(String given, Path folder) throws IOException {
    FileContent content = content(given, folder);
    if (content == FileContent.SAVED_MODEL_FILE) {
      Path parent = folder.toAbsolutePath().getParent();
      throw new UsageException(
          "%s %s: is %s; expected its folder: %s %s"
              .formatted(given, folder, content.description(), given, parent));
    }
    if (content != FileContent.SAVED_MODEL) {
      throw unexpected(given, folder, content, "the folder of a SavedModel, with a saved_model.pb");
    }
  }

  /** Reads a file with a label a line. */
  static List<String> labels(Path file) throws IOException {
    require("--labels", file, EnumSet.of(FileContent.TEXT), "a text file with a label a line");
    return Labels.read(file);
  }

  /** Returns whether a file's content is a Keras model, as far as its beginning tells. */
  static boolean isKeras(FileContent content) {
    return KERAS_FILES.contains(content) && content != FileContent.JSON;
  }

  /** Opens a model to evaluate: a {@code .tflite} file, a Keras model or a SavedModel. */
  static NamedModel named(Path path) throws IOException {
    FileContent content = content("", path);
    String name = path.toString();
    if (isKeras(content)) {
      return NamedModel.of(name, converted(TfLiteConverter.fromKerasModel(path)));
    }
    if (content == FileContent.SAVED_MODEL) {
      return NamedModel.of(name, converted(TfLiteConverter.fromSavedModel(path)));
    }
    if (content != FileContent.TFLITE && content != FileContent.UNKNOWN) {
      throw unexpected("", path, content, "a .tflite file, a Keras model or a SavedModel");
    }
    return reading(() -> NamedModel.of(path));
  }

  private static Model converted(TfLiteConverter converter) throws IOException {
    return reading(() -> converter.convertModel().model());
  }
}
