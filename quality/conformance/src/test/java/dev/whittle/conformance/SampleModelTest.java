package dev.whittle.conformance;

import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assumptions.abort;

import dev.whittle.conformance.CaseGenerator.Exactness;
import dev.whittle.ir.Graph;
import dev.whittle.ir.Model;
import dev.whittle.ir.ModelException;
import dev.whittle.ir.UnsupportedModelException;
import dev.whittle.ir.Value;
import dev.whittle.ir.op.OpaqueOp;
import dev.whittle.ir.tensor.Tensor;
import dev.whittle.ir.tensor.TensorType;
import dev.whittle.npz.MalformedNpzException;
import dev.whittle.npz.NpyArray;
import dev.whittle.npz.Npz;
import dev.whittle.runtime.Interpreter;
import dev.whittle.runtime.InterpreterOptions;
import dev.whittle.tflite.TfliteReader;
import dev.whittle.tflite.TfliteWriter;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Collection;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.SplittableRandom;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** Runs the models in {@code testdata}, or in the folder that {@code -Dwhittle.models} names. */
class SampleModelTest {
  /** A file of TensorFlow's converter with a sum of INT8 operands that is declared as INT16. */
  private static final Path CONTRADICTORY = Path.of("fake-quant/odd_ranges/tensorflow.tflite");

  private static final Path FOLDER = Path.of(System.getProperty("whittle.models", "../testdata"));

  static List<Path> models() {
    try (var files = Files.walk(FOLDER)) {
      return files
          .filter(f -> f.toString().endsWith(".tflite") && !f.endsWith(CONTRADICTORY))
          .sorted()
          .toList();
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  static List<Path> modelsWithResults() {
    return models().stream().filter(f -> Files.exists(results(f))).toList();
  }

  private static Path inputs(Path model) {
    return beside(model, "in.npz");
  }

  private static Path results(Path model) {
    return beside(model, isInOwnFolder(model) ? "out_tflite.npz" : "out.npz");
  }

  private static boolean isInOwnFolder(Path model) {
    return model.endsWith("model.tflite");
  }

  private static Path beside(Path model, String end) {
    String name = String.valueOf(model.getFileName());
    String stem = name.substring(0, name.length() - ".tflite".length());
    return model.resolveSibling(isInOwnFolder(model) ? end : stem + "." + end);
  }

  /**
   * Reads arrays, or aborts the test if they hold strings, which NumPy stores as pickled objects.
   */
  private static Map<String, NpyArray> arrays(Path file) throws IOException {
    try {
      return Npz.read(file);
    } catch (MalformedNpzException e) {
      return abort(String.valueOf(e.getMessage()));
    }
  }

  @ParameterizedTest
  @MethodSource("modelsWithResults")
  void referenceEngineComputesTheRecordedOutputs(Path file) throws IOException {
    Model model = TfliteReader.read(file);
    Map<String, NpyArray> inputs = arrays(inputs(file));
    Map<String, NpyArray> expected = arrays(results(file));
    try (var interpreter = Interpreter.of(model)) {
      inputs.forEach(
          (name, array) -> interpreter.resizeInput(interpreter.getInputIndex(name), array.shape()));
      inputs.forEach(
          (name, array) ->
              fill(interpreter.getInputTensor(interpreter.getInputIndex(name)), array));
      interpreter.invoke();
      expected.forEach(
          (name, array) -> {
            Tensor actual = interpreter.getOutputTensor(interpreter.getOutputIndex(name));
            assertNull(Comparison.difference(like(actual, array), actual, exactness(file)), name);
          });
    } catch (UnsupportedModelException e) {
      assertTrue(hasOpaqueOperators(model), () -> "unsupported: " + e.getMessage());
      abort("operators outside the catalog: " + e.getMessage());
    }
  }

  private static Exactness exactness(Path model) {
    return isInOwnFolder(model) ? Exactness.COMPOSED : Exactness.NETWORK;
  }

  /** Returns whether the model has built-in operators outside the catalog. */
  private static boolean hasOpaqueOperators(Model model) {
    return model.graphs().stream()
        .map(Graph::nodes)
        .flatMap(Collection::stream)
        .anyMatch(node -> node.op() instanceof OpaqueOp);
  }

  private static void fill(Tensor tensor, NpyArray array) {
    if (tensor.type() == TensorType.STRING) {
      tensor.setStrings(array.byteStrings(), array.shape());
    } else {
      tensor.data().copyFrom(array.data());
    }
  }

  private static Tensor like(Tensor tensor, NpyArray array) {
    var same = new Tensor(tensor.type(), tensor.quantization(), Tensor.Allocator.AUTOMATIC);
    same.resize(array.shape());
    fill(same, array);
    return same;
  }

  @ParameterizedTest
  @MethodSource("models")
  void nativeRuntimeComputesTheSameForARewrittenFile(Path file) throws IOException {
    byte[] original = Files.readAllBytes(file);
    byte[] rewritten = TfliteWriter.toBytes(TfliteReader.read(original));
    // The native runtime does not check its inputs, so the recorded ones are used if there are any.
    Map<String, NpyArray> inputs = Files.exists(inputs(file)) ? arrays(inputs(file)) : Map.of();
    List<Tensor> expected;
    try {
      expected = run(original, "litert", inputs);
    } catch (ModelException e) {
      abort("the native runtime refuses the original file: " + e.getMessage());
      return;
    }
    if (difference(expected, run(original, "litert", inputs), Exactness.EXACT) != null) {
      abort("the model is not deterministic");
    }
    assertNull(difference(expected, run(rewritten, "litert", inputs), Exactness.EXACT));
  }

  @ParameterizedTest
  @MethodSource("models")
  void referenceEngineAgreesWithTheNativeRuntime(Path file) throws IOException {
    byte[] bytes = Files.readAllBytes(file);
    Map<String, NpyArray> inputs = Files.exists(inputs(file)) ? arrays(inputs(file)) : Map.of();
    List<Tensor> expected;
    try {
      expected = run(bytes, "litert", inputs);
    } catch (ModelException e) {
      abort("the native runtime refuses the file: " + e.getMessage());
      return;
    }
    if (difference(expected, run(bytes, "litert", inputs), Exactness.EXACT) != null) {
      abort("the model is not deterministic");
    }
    try {
      List<Tensor> actual = run(bytes, "reference", inputs);
      assertNull(difference(expected, actual, exactness(file)));
    } catch (UnsupportedModelException e) {
      Model model = TfliteReader.read(bytes);
      assertTrue(hasOpaqueOperators(model), () -> "unsupported: " + e.getMessage());
      abort("operators outside the catalog: " + e.getMessage());
    }
  }

  private static @Nullable String difference(
      List<Tensor> expected, List<Tensor> actual, Exactness exactness) {
    for (int i = 0; i < expected.size(); i++) {
      String difference = Comparison.difference(expected.get(i), actual.get(i), exactness);
      if (difference != null) {
        return "output " + i + ": " + difference;
      }
    }
    return null;
  }

  private static List<Tensor> run(byte[] file, String engine, Map<String, NpyArray> inputs) {
    var options = InterpreterOptions.DEFAULT.withEngine(engine);
    try (var interpreter = Interpreter.of(file, options)) {
      inputs.forEach(
          (name, array) -> interpreter.resizeInput(interpreter.getInputIndex(name), array.shape()));
      interpreter.allocateTensors();
      var random = new SplittableRandom(20260105);
      List<Integer> ids = interpreter.model().mainGraph().inputs();
      for (int i = 0; i < ids.size(); i++) {
        Value declared = interpreter.model().mainGraph().value(ids.get(i));
        Tensor input = interpreter.getInputTensor(i);
        if (declared.type() == TensorType.STRING) {
          byte[] text = {'a'};
          input.setStrings(
              Collections.nCopies(Math.toIntExact(input.elements()), text), input.dims().clone());
        }
        if (declared.type().hasFixedSize()) {
          input.data().fill((byte) 0);
        }
        for (long e = 0; e < input.elements() && declared.type().hasFixedSize(); e++) {
          switch (declared.type()) {
            case FLOAT32 -> input.setFloat(e, (float) random.nextDouble(-1, 1));
            case INT8, UINT8 -> input.setByte(e, (byte) random.nextInt(3));
            // Zero is valid for indices and dimensions too.
            default -> {}
          }
        }
      }
      inputs.forEach(
          (name, array) ->
              fill(interpreter.getInputTensor(interpreter.getInputIndex(name)), array));
      interpreter.invoke();
      return Engines.outputs(interpreter);
    }
  }
}
