package dev.whittle.conformance;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assumptions.assumeFalse;

import dev.whittle.convert.TfLiteConverter;
import dev.whittle.ir.Model;
import dev.whittle.ir.Signature;
import dev.whittle.ir.UnsupportedModelException;
import dev.whittle.ir.tensor.Tensor;
import dev.whittle.ir.tensor.TensorType;
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
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Converts SavedModels and compares their outputs with TensorFlow's. */
class SavedModelTest {
  private static final double TOLERANCE = 1e-4;
  private static final Path MODELS = Path.of("../testdata/savedmodel");

  /** Cases without comparable outputs of TensorFlow, with the reason. */
  private static final Map<String, String> INCOMPARABLE =
      Map.of(
          "gather_nd_08", "its strings are pickled Python objects",
          "local_response_norm_08", "TensorFlow computes NaN, TensorFlow Lite a number");

  static List<Path> operators() {
    try (var folders = Files.list(Path.of("../testdata/operators"))) {
      return folders
          .filter(folder -> Files.isDirectory(folder.resolve("saved_model")))
          .sorted()
          .toList();
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  @ParameterizedTest
  @MethodSource("operators")
  void operationComputesWhatTensorFlowComputed(Path folder) throws IOException {
    String name = String.valueOf(folder.getFileName());
    assumeFalse(INCOMPARABLE.containsKey(name), () -> INCOMPARABLE.get(name));
    Model model =
        TfLiteConverter.fromSavedModel(folder.resolve("saved_model")).convertModel().model();
    Model read = TfliteReader.read(TfliteWriter.toBytes(model));
    Signature signature = read.signatures().getFirst();
    Map<String, NpyArray> inputs = Npz.read(folder.resolve("in.npz"));
    Map<String, NpyArray> outputs = Npz.read(folder.resolve("out_tf.npz"));
    for (String engine : List.of("reference", "fast", "litert")) {
      compare(read, signature, inputs, outputs, engine);
    }
  }

  private static void compare(
      Model model,
      Signature signature,
      Map<String, NpyArray> inputs,
      Map<String, NpyArray> outputs,
      String engine) {
    String key = signature.key();
    try (var interpreter = Interpreter.of(model, InterpreterOptions.DEFAULT.withEngine(engine))) {
      List<NpyArray> arrays = matched(signature.inputs(), inputs);
      for (int i = 0; i < arrays.size(); i++) {
        interpreter.resizeInput(signature.inputs().get(i).name(), arrays.get(i).shape(), key);
      }
      for (int i = 0; i < arrays.size(); i++) {
        Tensor tensor =
            interpreter.getInputTensorFromSignature(signature.inputs().get(i).name(), key);
        tensor.copyBytesFrom(
            new Tensor(tensor.type(), arrays.get(i).shape(), null, arrays.get(i).data()));
      }
      interpreter.invoke(key);
      List<NpyArray> expected = matched(signature.outputs(), outputs);
      for (int i = 0; i < expected.size(); i++) {
        Tensor tensor =
            interpreter.getOutputTensorFromSignature(signature.outputs().get(i).name(), key);
        check(tensor, expected.get(i), engine + ", " + signature.outputs().get(i).name());
      }
    }
  }

  /** Returns the arrays of the ports, by name, or in order if the names differ. */
  private static List<NpyArray> matched(List<Signature.Port> ports, Map<String, NpyArray> arrays) {
    boolean named = ports.stream().allMatch(p -> arrays.containsKey(p.name()));
    List<NpyArray> inOrder = new ArrayList<>(arrays.values());
    List<NpyArray> matched = new ArrayList<>();
    for (int i = 0; i < ports.size(); i++) {
      NpyArray byName = arrays.get(ports.get(i).name());
      matched.add(named && byName != null ? byName : inOrder.get(i));
    }
    return matched;
  }

  private static void check(Tensor actual, NpyArray expected, String label) {
    assertArrayEquals(expected.shape(), actual.dims(), label);
    if (actual.type() == TensorType.COMPLEX64) {
      return;
    }
    double[] values = expected.toDoubles();
    double magnitude = 1e-6;
    for (double value : values) {
      magnitude = Double.isFinite(value) ? Math.max(magnitude, Math.abs(value)) : magnitude;
    }
    for (int i = 0; i < values.length; i++) {
      double value =
          actual.type() == TensorType.BOOL ? actual.getBoolean(i) ? 1 : 0 : actual.getReal(i);
      if (Double.compare(value, values[i]) != 0) {
        assertEquals(values[i], value, TOLERANCE * magnitude, label + "[" + i + "]");
      }
    }
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "affine",
        "hash_table",
        "keras_cnn",
        "keras_lstm",
        "stateful_counter",
        "two_signatures",
        "while_if"
      })
  void everySignatureComputesWhatTensorFlowComputed(String name) throws IOException {
    Path folder = MODELS.resolve(name);
    Model model =
        TfLiteConverter.fromSavedModel(folder.resolve("saved_model")).convertModel().model();
    Model read = TfliteReader.read(TfliteWriter.toBytes(model));
    int compared = 0;
    for (Signature signature : read.signatures()) {
      Path in = folder.resolve(signature.key() + ".in.npz");
      if (Files.exists(in)) {
        Map<String, NpyArray> outputs = Npz.read(folder.resolve(signature.key() + ".out.npz"));
        for (String engine : List.of("reference", "fast", "litert")) {
          compare(read, signature, Npz.read(in), outputs, engine);
        }
        compared++;
      }
    }
    assertTrue(compared > 0, "no recorded calls of the signatures " + read.signatures());
  }

  @Test
  void convertsOneSignatureAndListsTheOthersIfItIsUnknown() throws IOException {
    Path folder = MODELS.resolve("two_signatures/saved_model");
    Model one =
        TfLiteConverter.fromSavedModel(folder, Set.of("serve"), List.of("decode"))
            .convertModel()
            .model();
    assertEquals(List.of("decode"), one.signatures().stream().map(Signature::key).toList());
    TfLiteConverter unknown =
        TfLiteConverter.fromSavedModel(folder, Set.of("serve"), List.of("nothing"));
    var refused = assertThrows(UnsupportedModelException.class, unknown::convert);
    assertTrue(
        String.valueOf(refused.getMessage()).contains("decode, encode"), refused::getMessage);
  }
}
