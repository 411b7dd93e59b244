package dev.whittle.conformance;

import static org.junit.jupiter.api.Assertions.assertEquals;

import dev.whittle.conformance.CaseGenerator.Exactness;
import dev.whittle.ir.Graph;
import dev.whittle.ir.Model;
import dev.whittle.ir.Node;
import dev.whittle.ir.Value;
import dev.whittle.ir.tensor.Tensor;
import dev.whittle.runtime.Interpreter;
import dev.whittle.runtime.InterpreterOptions;
import java.io.IOException;
import java.lang.foreign.MemorySegment;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;

/**
 * Runs a model for each combination of types that a kernel of TensorFlow Lite 2.21 takes, and
 * compares the results with that kernel's.
 */
class NativeKernelCasesTest {
  private static final List<String> ENGINES = List.of("reference", "fast");

  private static final Map<String, Exactness> EXACTNESS =
      Cases.all().stream()
          .collect(
              Collectors.toMap(CaseGenerator::operator, CaseGenerator::exactness, (a, b) -> a));

  @Test
  void everyCaseComputesWhatTheNativeKernelComputed() throws IOException {
    List<String> differences = new ArrayList<>();
    for (NativeKernelCases.Case built : NativeKernelCases.all()) {
      if (MissingKernels.reason(built.model()) != null) {
        continue;
      }
      for (String engine : ENGINES) {
        String difference = difference(built, engine);
        if (difference != null) {
          differences.add(
              "%s on %s (%s): %s".formatted(built, engine, describe(built.model()), difference));
        }
      }
    }
    assertEquals(List.of(), differences);
  }

  private static @Nullable String difference(NativeKernelCases.Case built, String engine) {
    var options = InterpreterOptions.DEFAULT.withEngine(engine);
    try (var interpreter = Interpreter.of(built.model(), options)) {
      interpreter.allocateTensors();
      for (int i = 0; i < built.inputs().size(); i++) {
        NativeKernelCases.fill(interpreter.getInputTensor(i), built.inputs().get(i));
      }
      interpreter.invoke();
      Exactness exactness = EXACTNESS.getOrDefault(built.operator(), Exactness.EXACT);
      for (int i = 0; i < built.outputs().size(); i++) {
        Tensor actual = interpreter.getOutputTensor(i);
        String difference = Comparison.difference(expected(built, i), actual, exactness);
        if (difference != null) {
          return "output " + i + ": " + difference;
        }
      }
      return null;
    } catch (RuntimeException e) {
      return e.toString();
    }
  }

  private static Tensor expected(NativeKernelCases.Case built, int i) {
    Graph graph = built.model().graphs().getFirst();
    Value value = graph.value(graph.outputs().get(i));
    NativeKernelCases.Output output = built.outputs().get(i);
    return new Tensor(
        value.type(), output.dims(), value.quantization(), MemorySegment.ofArray(output.data()));
  }

  /** Returns the types of the operands of the node. */
  static String describe(Model model) {
    Graph graph = model.graphs().getFirst();
    Node node = graph.nodes().getFirst();
    return Stream.concat(
            Stream.concat(
                node.inputs().stream().map(id -> id < 0 ? "-" : MissingKernels.form(graph, id)),
                Stream.of("->")),
            node.outputs().stream().map(id -> MissingKernels.form(graph, id)))
        .collect(Collectors.joining(" "));
  }
}
