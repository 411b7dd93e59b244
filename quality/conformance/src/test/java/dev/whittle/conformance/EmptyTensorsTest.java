package dev.whittle.conformance;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.whittle.ir.tensor.Tensor;
import java.util.List;
import java.util.Set;
import java.util.SplittableRandom;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.opentest4j.AssertionFailedError;

class EmptyTensorsTest {
  private static final int CASES = 15;
  private static final double EMPTINESS = 0.4;

  /** Their native kernels crash where an extent is zero. */
  private static final Set<String> CRASHING =
      Set.of(
          "ARG_MAX",
          "ARG_MIN",
          "BATCH_MATMUL",
          "CUMSUM",
          "DILATE",
          "LOG_SOFTMAX",
          "REDUCE_ALL",
          "REDUCE_ANY",
          "REVERSE_SEQUENCE",
          "REVERSE_V2",
          "SOFTMAX",
          "TOPK_V2");

  /** The native kernels leave a quantized sum of nothing as memory happens to be. */
  private static final Set<String> UNDEFINED = Set.of("SUM", "MEAN");

  @Test
  void engineAndNativeRuntimeAgreeOnTensorsWithoutElements() {
    int compared = 0;
    for (CaseGenerator generator : Cases.all()) {
      if (CRASHING.contains(generator.operator()) || UNDEFINED.contains(generator.operator())) {
        continue;
      }
      var random = new SplittableRandom(generator.operator().hashCode());
      for (int i = 0; i < CASES; i++) {
        OperatorCase built = build(generator, random.split());
        if (built != null && agrees(generator, built)) {
          compared++;
        }
      }
    }
    assertTrue(compared > 700, "compared " + compared);
  }

  /** A case with an empty input; null if it cannot be built, or has none. */
  private static @Nullable OperatorCase build(CaseGenerator generator, SplittableRandom random) {
    try {
      var builder = new CaseBuilder(random, EMPTINESS);
      generator.generate().accept(builder);
      OperatorCase built = builder.build();
      return built.inputs().stream().anyMatch(t -> t.elements() == 0) ? built : null;
    } catch (RuntimeException e) {
      return null;
    }
  }

  private static boolean agrees(CaseGenerator generator, OperatorCase built) {
    String label = generator.operator() + ": " + built.what();
    List<Tensor> expected;
    try {
      expected = Engines.run(built, "litert", label);
    } catch (AssertionFailedError e) {
      return false;
    }
    for (String engine : Engines.OURS) {
      List<Tensor> actual = Engines.run(built, engine, label);
      assertEquals(expected.size(), actual.size(), label);
      for (int i = 0; i < expected.size(); i++) {
        assertNull(
            Comparison.difference(expected.get(i), actual.get(i), generator.exactness()),
            engine + ", " + label);
      }
    }
    return true;
  }
}
