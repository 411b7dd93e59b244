package dev.whittle.conformance;

import static org.junit.jupiter.api.Assertions.fail;

import dev.whittle.ir.Graph;
import dev.whittle.ir.Model;
import dev.whittle.ir.Node;
import dev.whittle.ir.Value;
import dev.whittle.ir.tensor.TensorType;
import dev.whittle.runtime.Interpreter;
import dev.whittle.runtime.InterpreterOptions;
import dev.whittle.tflite.NativeKernels;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import org.jspecify.annotations.Nullable;

/**
 * Combinations of types that kernels of TensorFlow Lite 2.21 take and ours do not, with reasons.
 */
final class MissingKernels {
  private static final Set<TensorType> QUANTIZABLE =
      Set.of(TensorType.INT2, TensorType.INT4, TensorType.INT8, TensorType.UINT8, TensorType.INT16);

  private static final String STABLEHLO = "STABLEHLO_";

  private MissingKernels() {}

  /** Returns the reason why our engines do not run the node of a model; null if they should. */
  static @Nullable String reason(Model model) {
    String operator = model.graphs().getFirst().nodes().getFirst().op().type().name();
    return operator.startsWith(STABLEHLO)
        ? "TensorFlow's converter writes the operator without the prefix instead"
        : null;
  }

  /** Returns whether our engines have a kernel for the node of a model. */
  static boolean hasKernels(Model model) {
    try (var reference = interpreter(model, "reference");
        var fast = interpreter(model, "fast")) {
      reference.allocateTensors();
      fast.allocateTensors();
      return true;
    } catch (RuntimeException e) {
      return false;
    }
  }

  private static Interpreter interpreter(Model model, String engine) {
    return Interpreter.of(model, InterpreterOptions.DEFAULT.withEngine(engine));
  }

  /** Returns the section of docs/operators.md about the kernels of the native runtime. */
  static String section(List<NativeKernelCases.Case> cases) {
    Map<String, Set<String>> missing = new TreeMap<>();
    Map<String, String> reasons = new TreeMap<>();
    for (NativeKernelCases.Case built : cases) {
      if (hasKernels(built.model())) {
        continue;
      }
      String reason = reason(built.model());
      if (reason == null) {
        fail(built + " " + types(built.model()) + " has no kernel, and no reason is stated");
      }
      missing.computeIfAbsent(built.operator(), name -> new TreeSet<>()).add(types(built.model()));
      reasons.put(built.operator(), reason);
    }
    var text = new StringBuilder();
    text.append("\n### Types of TensorFlow Lite ").append(NativeKernels.VERSION).append("\n\n");
    text.append(
            ("The built-in kernels of the native runtime take %d combinations of an operator and"
                    + " types, by their own\nanswers (`native-kernels.txt` in `libs/tflite`). Our"
                    + " engines take all of them except:\n\n")
                .formatted(combinations()))
        .append("| operator | types | reason |\n| --- | --- | --- |\n");
    missing.forEach(
        (operator, types) ->
            text.append(
                "| %s | %s | %s |\n"
                    .formatted(operator, String.join("; ", types), reasons.get(operator))));
    text.append("\nNot asked, because their kernels cannot be run as single nodes: ")
        .append(String.join(", ", new TreeSet<>(NativeKernels.get().operatorsNotAsked().keySet())))
        .append(".\n");
    return text.toString();
  }

  private static int combinations() {
    NativeKernels kernels = NativeKernels.get();
    return kernels.operators().stream().mapToInt(name -> kernels.combinations(name).size()).sum();
  }

  /** Returns the types of the operands of the node of a model, as the table writes them. */
  static NativeKernels.Combination combination(Model model) {
    Graph graph = model.graphs().getFirst();
    Node node = graph.nodes().getFirst();
    List<String> inputs = new ArrayList<>();
    node.inputs().forEach(id -> inputs.add(id == Node.ABSENT ? "-" : form(graph.value(id))));
    List<String> outputs = new ArrayList<>();
    node.outputs().forEach(id -> outputs.add(form(graph.value(id))));
    return new NativeKernels.Combination(inputs, outputs);
  }

  private static String types(Model model) {
    return combination(model).toString().replace("*", "\\*");
  }

  private static String form(Value value) {
    String name = value.type().name().toLowerCase(Locale.ROOT);
    boolean quantized = value.quantization() != null && value.quantization().isQuantized();
    return quantized && QUANTIZABLE.contains(value.type()) ? name + "*" : name;
  }
}
