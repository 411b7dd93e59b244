package dev.whittle.conformance;

import dev.whittle.ir.Graph;
import dev.whittle.ir.Model;
import dev.whittle.ir.Value;
import java.util.Locale;
import org.jspecify.annotations.Nullable;

/**
 * Combinations of types that kernels of TensorFlow Lite 2.21 take and ours do not, with reasons.
 */
final class MissingKernels {
  private MissingKernels() {}

  /** Returns the reason why our engines do not run the node of a model; null if they run it. */
  static @Nullable String reason(Model model) {
    return model.graphs().isEmpty() ? "no graph" : null;
  }

  /** Returns the type of a value as the table of native kernels writes it. */
  static String form(Graph graph, int id) {
    Value value = graph.value(id);
    String name = value.type().name().toLowerCase(Locale.ROOT);
    boolean quantized = value.quantization() != null && value.quantization().isQuantized();
    return quantized ? name + "*" : name;
  }
}
