package dev.whittle.conformance;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.whittle.convert.TfLiteConverter;
import dev.whittle.ir.Graph;
import dev.whittle.ir.Model;
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
import java.lang.foreign.ValueLayout;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/**
 * Converts random graphs of TensorFlow's operations, which {@code random_graphs.py} makes: each
 * equals TensorFlow on every engine, or is refused by name.
 *
 * <p>{@code -Drandom.graphs=FOLDER} adds other seeds, and {@code -Drandom.engines=reference,fast}
 * leaves out the native runtime, whose aborts end the process.
 */
class RandomGraphsTest {
  private static final Path GRAPHS = Path.of("../testdata/random-graphs");
  private static final List<String> ENGINES =
      Arrays.asList(System.getProperty("random.engines", "reference,fast,litert").split(",", -1));

  /** The part of the graphs that has to be converted, so that refusals do not pass for success. */
  private static final double SHARE = 0.8;

  static List<Path> seeds() {
    List<Path> folders = new ArrayList<>(List.of(GRAPHS));
    String more = System.getProperty("random.graphs");
    if (more != null) {
      folders.add(Path.of(more));
    }
    List<Path> seeds = new ArrayList<>();
    for (Path folder : folders) {
      try (var found = Files.list(folder)) {
        found.sorted().forEach(seeds::add);
      } catch (IOException e) {
        throw new UncheckedIOException(e);
      }
    }
    return seeds;
  }

  /** The arrays of a graph by name. */
  private record Call(Map<String, NpyArray> in, Map<String, NpyArray> out) {}

  @ParameterizedTest
  @MethodSource("seeds")
  void equalsTensorFlowOrIsRefusedByName(Path seed) throws IOException {
    Map<String, Call> calls = new TreeMap<>();
    for (Map.Entry<String, NpyArray> entry : Npz.read(seed.resolve("calls.npz")).entrySet()) {
      List<String> parts = Arrays.asList(entry.getKey().split("\\|", -1));
      Call call =
          calls.computeIfAbsent(parts.get(0), k -> new Call(new TreeMap<>(), new TreeMap<>()));
      (parts.get(2).equals("in") ? call.in : call.out).put(parts.get(3), entry.getValue());
    }
    assertFalse(calls.isEmpty());
    int converted = 0;
    List<String> failures = new ArrayList<>();
    for (Map.Entry<String, Call> graph : calls.entrySet()) {
      try {
        converted += check(seed, graph.getKey(), graph.getValue()) ? 1 : 0;
      } catch (AssertionError | RuntimeException e) {
        failures.add(graph.getKey() + ": " + e);
      }
    }
    assertEquals(List.of(), failures, () -> "seed " + seed.getFileName());
    int count = converted;
    assertTrue(count >= SHARE * calls.size(), () -> count + " of " + calls.size() + " converted");
  }

  /** Returns false if the graph is refused. */
  private static boolean check(Path seed, String key, Call call) throws IOException {
    Model model;
    try {
      TfLiteConverter converter =
          TfLiteConverter.fromSavedModel(
              seed.resolve("saved_model"), Set.of("serve"), List.of(key));
      model = TfliteReader.read(TfliteWriter.toBytes(converter.convertModel().model()));
    } catch (UnsupportedModelException e) {
      String message = String.valueOf(e.getMessage());
      assertTrue(message.contains("operation '") || message.contains("node "), message);
      return false;
    }
    double tolerance = tolerance(model);
    for (String engine : ENGINES) {
      try (var interpreter = Interpreter.of(model, InterpreterOptions.DEFAULT.withEngine(engine))) {
        call.in.forEach((name, array) -> interpreter.resizeInput(name, array.shape(), key));
        call.in.forEach(
            (name, array) -> fill(interpreter.getInputTensorFromSignature(name, key), array));
        interpreter.invoke(key);
        call.out.forEach(
            (name, array) ->
                check(
                    interpreter.getOutputTensorFromSignature(name, key),
                    array,
                    tolerance,
                    engine + " " + name));
      }
    }
    return true;
  }

  private static void fill(Tensor tensor, NpyArray array) {
    if (tensor.type() != TensorType.BFLOAT16) {
      tensor.copyBytesFrom(new Tensor(tensor.type(), array.shape(), null, array.data()));
      return;
    }
    // The file has them as floats, whose lower halves are zero.
    float[] values = array.toFloats();
    for (int i = 0; i < values.length; i++) {
      short bits = (short) (Float.floatToIntBits(values[i]) >> 16);
      tensor.data().setAtIndex(ValueLayout.JAVA_SHORT_UNALIGNED, i, bits);
    }
  }

  /** Returns the tolerance for the narrowest type between the input and the outputs. */
  private static double tolerance(Model model) {
    Graph graph = model.graphs().getFirst();
    List<Integer> ends = new ArrayList<>(graph.inputs());
    ends.addAll(graph.outputs());
    double largest = 2e-4;
    for (int id : ends) {
      largest =
          switch (graph.value(id).type()) {
            case FLOAT16 -> Math.max(largest, 4e-3);
            case BFLOAT16 -> 3e-2;
            default -> largest;
          };
    }
    return largest;
  }

  private static void check(Tensor actual, NpyArray expected, double tolerance, String label) {
    if (actual.type() != TensorType.BFLOAT16) {
      assertEquals(expected.type().name(), actual.type().name(), label);
    }
    RecordedArray.assertClose(expected, actual, tolerance, 1, label);
  }
}
