package dev.whittle.conformance;

import static org.junit.jupiter.api.Assertions.assertEquals;

import dev.whittle.conformance.CaseGenerator.Exactness;
import dev.whittle.ir.Graph;
import dev.whittle.ir.Value;
import dev.whittle.ir.tensor.Tensor;
import dev.whittle.runtime.Interpreter;
import dev.whittle.runtime.InterpreterOptions;
import dev.whittle.tflite.NativeKernels;
import java.io.IOException;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.stream.Collectors;
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
              "%s on %s (%s): %s"
                  .formatted(built, engine, MissingKernels.combination(built.model()), difference));
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
    return new Tensor(value.type(), output.shape().toArray(), value.quantization(), output.data());
  }

  /** The script records no case for strings that it cannot read back. */
  @Test
  void everyCombinationOfTheTableHasACase() throws IOException {
    Set<String> cases = new HashSet<>();
    for (NativeKernelCases.Case built : NativeKernelCases.all()) {
      cases.add(built.operator() + " " + MissingKernels.combination(built.model()));
    }
    NativeKernels kernels = NativeKernels.get();
    List<String> missing = new ArrayList<>();
    for (String operator : kernels.operators()) {
      for (NativeKernels.Combination combination : kernels.combinations(operator)) {
        if (!cases.contains(operator + " " + combination)) {
          missing.add(operator + " " + combination);
        }
      }
    }
    assertEquals(List.of(), missing);
  }
}
