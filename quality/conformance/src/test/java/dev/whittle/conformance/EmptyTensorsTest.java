package dev.whittle.conformance;

import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.whittle.ir.tensor.Tensor;
import java.util.List;
import java.util.SplittableRandom;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.opentest4j.AssertionFailedError;

class EmptyTensorsTest {
  private static final int CASES = 15;
  private static final double ZERO_PROBABILITY = 0.4;

  @Test
  void enginesAgreeWithTheNativeRuntimeOnEmptyTensors() {
    int compared = 0;
    for (CaseGenerator generator : Cases.all()) {
      if (!generator.allowsEmptyTensors()) {
        continue;
      }
      var random = new SplittableRandom(generator.operator().hashCode());
      for (int i = 0; i < CASES; i++) {
        OperatorCase built = build(generator, random.split());
        if (built != null && compare(generator, built)) {
          compared++;
        }
      }
    }
    assertTrue(compared > 700, "compared only " + compared + " cases");
  }

  /** Returns a case with an empty input; null if the generator makes none of this seed. */
  private static @Nullable OperatorCase build(CaseGenerator generator, SplittableRandom random) {
    try {
      var builder = new CaseBuilder(random, ZERO_PROBABILITY);
      generator.generate().accept(builder);
      OperatorCase built = builder.build();
      return built.inputs().stream().anyMatch(t -> t.elements() == 0) ? built : null;
    } catch (RuntimeException e) {
      return null;
    }
  }

  /** Compares the engines and returns false if the oracle refuses the case. */
  private static boolean compare(CaseGenerator generator, OperatorCase built) {
    String label = generator.operator() + ": " + built.description();
    List<Tensor> expected;
    try {
      expected = Engines.expected(built, generator.oracle(), label);
    } catch (AssertionFailedError e) {
      return false;
    }
    Engines.assertAgree(built, expected, generator.exactness(), label);
    return true;
  }
}
