package dev.whittle.conformance;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.google.flatbuffers.ArrayReadWriteBuf;
import com.google.flatbuffers.FlexBuffers;
import dev.whittle.convert.TfLiteConverter;
import dev.whittle.ir.Graph;
import dev.whittle.ir.Model;
import dev.whittle.ir.Node;
import dev.whittle.ir.UnsupportedModelException;
import dev.whittle.ir.op.CustomOp;
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
import java.lang.foreign.ValueLayout;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/**
 * Converts SavedModels of one or a few operations, of control flow of TensorFlow 1 and 2 and of
 * state that persists between calls, and repeats TensorFlow's calls in the same order.
 */
class SavedModelCallsTest {
  private static final double TOLERANCE = 2e-4;
  private static final Path MODELS = Path.of("../testdata/savedmodel-operations");

  /** Cases in which the native runtime differs from TensorFlow, with the reason. */
  private static final Map<String, String> NATIVE_DIFFERS =
      Map.of(
          "is_finite", "its division by zero returns zero",
          "is_inf", "its division by zero returns zero",
          "detect", "its suppression selects a box without area repeatedly");

  static List<Path> models() {
    try (var folders = Files.list(MODELS)) {
      return folders.sorted().toList();
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  /** A call of a signature with its arrays by name. */
  private record Call(String signature, Map<String, NpyArray> in, Map<String, NpyArray> out) {}

  private static List<Call> calls(Path folder) throws IOException {
    Map<String, Call> calls = new TreeMap<>();
    for (Map.Entry<String, NpyArray> entry : Npz.read(folder.resolve("calls.npz")).entrySet()) {
      List<String> parts = Arrays.asList(entry.getKey().split("\\|", -1));
      Call call =
          calls.computeIfAbsent(
              parts.get(0), k -> new Call(parts.get(1), new TreeMap<>(), new TreeMap<>()));
      (parts.get(2).equals("in") ? call.in : call.out).put(parts.get(3), entry.getValue());
    }
    return new ArrayList<>(calls.values());
  }

  @ParameterizedTest
  @MethodSource("models")
  void everyCallComputesWhatTensorFlowComputed(Path folder) throws IOException {
    Model model = read(TfLiteConverter.fromSavedModel(folder.resolve("saved_model")));
    List<Call> calls = calls(folder);
    assertFalse(calls.isEmpty());
    for (String engine : List.of("reference", "fast", "litert")) {
      if (engine.equals("litert")
          && NATIVE_DIFFERS.containsKey(String.valueOf(folder.getFileName()))) {
        continue;
      }
      try (var interpreter = Interpreter.of(model, InterpreterOptions.DEFAULT.withEngine(engine))) {
        for (int i = 0; i < calls.size(); i++) {
          run(interpreter, calls.get(i), engine + ", call " + i);
        }
      }
    }
  }

  private static Model read(TfLiteConverter converter) throws IOException {
    return TfliteReader.read(TfliteWriter.toBytes(converter.convertModel().model()));
  }

  private static void run(Interpreter interpreter, Call call, String label) {
    String key = call.signature;
    call.in.forEach((name, array) -> interpreter.resizeInput(name, array.shape(), key));
    call.in.forEach(
        (name, array) -> {
          Tensor tensor = interpreter.getInputTensorFromSignature(name, key);
          tensor.copyBytesFrom(new Tensor(tensor.type(), array.shape(), null, array.data()));
        });
    interpreter.invoke(key);
    call.out.forEach(
        (name, array) ->
            check(interpreter.getOutputTensorFromSignature(name, key), array, label + ", " + name));
  }

  private static void check(Tensor actual, NpyArray expected, String label) {
    assertEquals(expected.type().name(), actual.type().name(), label);
    RecordedArray.assertClose(expected, actual, TOLERANCE, 1, label);
  }

  @Test
  void eachInterpreterStartsFromTheCheckpoint() throws IOException {
    Path folder = MODELS.resolve("counter");
    Model model = read(TfLiteConverter.fromSavedModel(folder.resolve("saved_model")));
    Call first = calls(folder).getFirst();
    for (int i = 0; i < 2; i++) {
      try (var interpreter = Interpreter.of(model, InterpreterOptions.DEFAULT)) {
        run(interpreter, first, "interpreter " + i);
      }
    }
  }

  @Test
  void transposesChannelsFirstNetworksOnce() throws IOException {
    Graph graph =
        read(TfLiteConverter.fromSavedModel(MODELS.resolve("nchw_net/saved_model")))
            .graphs()
            .getFirst();
    assertEquals(
        1, graph.nodes().stream().filter(n -> n.op().type().name().equals("TRANSPOSE")).count());
  }

  @Test
  void convertsLstmLoopsToOneOperator() throws IOException {
    Model model =
        read(
            TfLiteConverter.fromSavedModel(
                Path.of("../testdata/savedmodel/keras_lstm/saved_model")));
    List<String> operators =
        model.graphs().stream()
            .flatMap(graph -> graph.nodes().stream())
            .map(node -> node.op().type().name())
            .toList();
    assertTrue(operators.contains("UNIDIRECTIONAL_SEQUENCE_LSTM"), operators::toString);
    assertFalse(operators.contains("WHILE"), operators::toString);
  }

  @Test
  void refusesAllUnknownOperationsAtOnceOrKeepsThemAsCustomOperators() throws IOException {
    Path folder = Path.of("../testdata/savedmodel/unknown_operations/saved_model");
    TfLiteConverter converter = TfLiteConverter.fromSavedModel(folder);
    var refused = assertThrows(UnsupportedModelException.class, converter::convertModel);
    String message = String.valueOf(refused.getMessage());
    assertTrue(message.contains("Igamma") && message.contains("Betainc"), message);
    assertTrue(message.contains("--allow_custom_ops"), message);
    Model model = converter.allowCustomOperators(true).convertModel().model();
    List<CustomOp> kept = new ArrayList<>();
    for (Node node : model.graphs().getFirst().nodes()) {
      if (node.op() instanceof CustomOp custom) {
        kept.add(custom);
        assertEquals(1, node.outputs().size());
        assertEquals(
            TensorType.FLOAT32, model.graphs().getFirst().value(node.outputs().getFirst()).type());
      }
    }
    assertEquals(List.of("Igamma", "Betainc"), kept.stream().map(CustomOp::customCode).toList());
    byte[] options = kept.getFirst().customOptions().bytes().toArray(ValueLayout.JAVA_BYTE);
    FlexBuffers.Map map =
        FlexBuffers.getRoot(new ArrayReadWriteBuf(options, options.length)).asMap();
    assertEquals(TensorType.FLOAT32.code(), map.get("T").asInt());
  }

  @Test
  void keepsMaxPoolWithArgmaxAsCustomOperator() throws IOException {
    Path folder = Path.of("../testdata/savedmodel-custom/pool_with_places");
    Model model =
        read(
            TfLiteConverter.fromSavedModel(folder.resolve("saved_model"))
                .allowCustomOperators(true));
    try (var interpreter = Interpreter.of(model, InterpreterOptions.DEFAULT)) {
      run(interpreter, calls(folder).getFirst(), "custom operator");
    }
  }

  @Test
  void reportNamesTheOperatorsOfEachOperation() throws IOException {
    String text =
        TfLiteConverter.fromSavedModel(MODELS.resolve("gelu/saved_model"))
            .convertModel()
            .report()
            .toText();
    assertTrue(text.contains("GELU"), text);
  }
}
