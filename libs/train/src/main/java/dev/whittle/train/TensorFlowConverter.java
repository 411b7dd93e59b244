package dev.whittle.train;

import dev.whittle.convert.TfLiteConverter;
import dev.whittle.ir.Model;
import java.io.IOException;
import java.nio.file.FileVisitResult;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.SimpleFileVisitor;
import java.nio.file.attribute.BasicFileAttributes;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.function.UnaryOperator;
import org.jspecify.annotations.Nullable;
import org.tensorflow.ConcreteFunction;
import org.tensorflow.Graph;
import org.tensorflow.Operand;
import org.tensorflow.SavedModelBundle;
import org.tensorflow.Session;
import org.tensorflow.SessionFunction;
import org.tensorflow.Signature;
import org.tensorflow.op.Ops;

/**
 * Converts models written in TensorFlow Java.
 *
 * <pre>{@code
 * Model model = TensorFlowConverter.fromSession(session, signature).convert();
 * }</pre>
 */
public final class TensorFlowConverter {
  private final Export export;
  private UnaryOperator<TfLiteConverter> configuration = c -> c;

  /** Writes a SavedModel into a folder. */
  private interface Export {
    void into(Path folder) throws IOException;
  }

  private TensorFlowConverter(Export export) {
    this.export = export;
  }

  /**
   * Returns a converter of functions. Each becomes a signature of the model, with its own key.
   *
   * @throws IllegalArgumentException if there are no functions, or two have the same key
   */
  public static TensorFlowConverter fromConcreteFunction(ConcreteFunction... functions) {
    Set<String> keys = new HashSet<>();
    for (ConcreteFunction function : functions) {
      if (!keys.add(function.signature().key())) {
        throw new IllegalArgumentException(
            "two functions have the key '%s'; keys must differ"
                .formatted(function.signature().key()));
      }
    }
    if (functions.length == 0) {
      throw new IllegalArgumentException("no functions to convert");
    }
    List<ConcreteFunction> all = List.of(functions);
    return new TensorFlowConverter(folder -> exportFunctions(all, folder));
  }

  /** Exports a graph that calls the functions, since a function alone cannot be exported. */
  private static void exportFunctions(List<ConcreteFunction> functions, Path folder)
      throws IOException {
    try (Graph graph = new Graph();
        Session session = new Session(graph)) {
      Ops tf = Ops.create(graph);
      List<SessionFunction> callers = new ArrayList<>();
      for (ConcreteFunction function : functions) {
        Signature inner = function.signature();
        Signature.Builder outer = Signature.builder().key(inner.key());
        Map<String, Operand<?>> inputs = new LinkedHashMap<>();
        inner
            .getInputs()
            .forEach(
                (name, description) -> {
                  Operand<?> input =
                      tf.scope()
                          .opBuilder("Placeholder", "input")
                          .setAttr("dtype", description.dataType)
                          .setAttr("shape", description.shape)
                          .build()
                          .output(0);
                  inputs.put(name, input);
                  outer.input(name, input);
                });
        function.call(tf, inputs).forEach(outer::output);
        callers.add(SessionFunction.create(outer.build(), session));
      }
      export(callers, folder);
    }
  }

  private static void export(List<SessionFunction> functions, Path folder) throws IOException {
    SavedModelBundle.exporter(folder.toString())
        .withTags("serve")
        .withFunctions(functions.toArray(new SessionFunction[0]))
        .export();
  }

  /**
   * Returns a converter of a session's graph with the present values of its variables.
   *
   * @param signatures the inputs and outputs of the model
   */
  public static TensorFlowConverter fromSession(Session session, Signature... signatures) {
    List<SessionFunction> functions = new ArrayList<>();
    for (Signature signature : signatures) {
      functions.add(SessionFunction.create(signature, session));
    }
    return new TensorFlowConverter(folder -> export(functions, folder));
  }

  /** Configures the conversion, for example input shapes or quantization. */
  public TensorFlowConverter with(UnaryOperator<TfLiteConverter> newConfiguration) {
    configuration = newConfiguration;
    return this;
  }

  /**
   * Converts the functions through a SavedModel in a temporary folder.
   *
   * @throws dev.whittle.ir.UnsupportedModelException if operations cannot be converted; the message
   *     names all of them
   * @throws IOException if the temporary folder cannot be written, or calibration data cannot be
   *     read
   */
  public Model convert() throws IOException {
    Path folder = Files.createTempDirectory("whittle-");
    try {
      Path saved = folder.resolve("model");
      export.into(saved);
      return configuration.apply(TfLiteConverter.fromSavedModel(saved)).convertModel().model();
    } finally {
      delete(folder);
    }
  }

  private static void delete(Path folder) throws IOException {
    Files.walkFileTree(
        folder,
        new SimpleFileVisitor<>() {
          @Override
          public FileVisitResult visitFile(Path file, BasicFileAttributes attributes)
              throws IOException {
            Files.delete(file);
            return FileVisitResult.CONTINUE;
          }

          @Override
          public FileVisitResult postVisitDirectory(Path visited, @Nullable IOException e)
              throws IOException {
            Files.delete(visited);
            return FileVisitResult.CONTINUE;
          }
        });
  }
}
