package dev.whittle.conformance;

import static org.junit.jupiter.api.Assertions.assertEquals;

import dev.whittle.convert.TfLiteConverter;
import dev.whittle.ir.Model;
import dev.whittle.ir.Signature;
import dev.whittle.ir.tensor.Tensor;
import dev.whittle.npz.NpyArray;
import dev.whittle.npz.Npz;
import dev.whittle.runtime.Interpreter;
import dev.whittle.runtime.InterpreterOptions;
import dev.whittle.tflite.TfliteReader;
import dev.whittle.tflite.TfliteWriter;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.stream.Stream;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/**
 * Converts models of element types that few kernels have, and of broadcasts of many dimensions, and
 * compares their outputs with TensorFlow's, which {@code type_cases.py} wrote.
 */
class TypesTest {
  private static final Path CASES = Path.of("../testdata/types");

  static List<Path> sources() throws IOException {
    try (Stream<Path> files = Files.list(CASES)) {
      return files
          .sorted()
          .flatMap(
              folder -> Stream.of("model.keras", "model.h5", "saved_model").map(folder::resolve))
          .filter(Files::exists)
          .toList();
    }
  }

  @ParameterizedTest
  @MethodSource("sources")
  void computesOnEveryEngineWhatTensorFlowComputed(Path source) throws IOException {
    TfLiteConverter converter =
        source.endsWith("saved_model")
            ? TfLiteConverter.fromSavedModel(source)
            : TfLiteConverter.fromKerasModel(source);
    Model model = TfliteReader.read(TfliteWriter.toBytes(converter.convertModel().model()));
    Map<String, NpyArray> arrays =
        Npz.read(Objects.requireNonNull(source.getParent()).resolve("calls.npz"));
    for (String engine : List.of("reference", "fast", "litert")) {
      try (var interpreter = Interpreter.of(model, InterpreterOptions.DEFAULT.withEngine(engine))) {
        check(model.signatures().getFirst(), interpreter, arrays, engine);
      }
    }
  }

  private static void check(
      Signature signature, Interpreter interpreter, Map<String, NpyArray> arrays, String engine) {
    String key = signature.key();
    for (Signature.Port input : signature.inputs()) {
      interpreter.resizeInput(input.name(), array(arrays, "in|" + input.name()).shape(), key);
    }
    for (Signature.Port input : signature.inputs()) {
      NpyArray array = array(arrays, "in|" + input.name());
      Tensor tensor = interpreter.getInputTensorFromSignature(input.name(), key);
      assertEquals(array.type().name(), tensor.type().name(), input.name());
      tensor.copyBytesFrom(new Tensor(tensor.type(), array.shape(), null, array.data()));
    }
    interpreter.invoke(key);
    double tolerance = array(arrays, "tolerance").toDoubles()[0];
    for (int i = 0; i < signature.outputs().size(); i++) {
      Tensor actual =
          interpreter.getOutputTensorFromSignature(signature.outputs().get(i).name(), key);
      check(actual, array(arrays, "out|" + i), tolerance, engine + ", output " + i);
    }
  }

  private static NpyArray array(Map<String, NpyArray> arrays, String name) {
    return Objects.requireNonNull(arrays.get(name), () -> "no array " + name);
  }

  private static void check(Tensor actual, NpyArray expected, double tolerance, String label) {
    assertEquals(expected.type().name(), actual.type().name(), label);
    RecordedArray.assertClose(expected, actual, tolerance, 0, label);
  }
}
