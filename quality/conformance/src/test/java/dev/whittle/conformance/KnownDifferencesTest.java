package dev.whittle.conformance;

import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.whittle.ir.tensor.Tensor;
import java.util.List;
import java.util.SplittableRandom;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

class KnownDifferencesTest {
  private static final int ATTEMPTS = 20;

  static List<KnownDifference> differences() {
    return KnownDifference.ALL;
  }

  @ParameterizedTest
  @MethodSource("differences")
  void nativeRuntimeStillDiffers(KnownDifference known) {
    var random = new SplittableRandom(known.name().hashCode());
    boolean differs = false;
    for (int i = 0; i < ATTEMPTS && !differs; i++) {
      var builder = new CaseBuilder(random.split());
      known.generate().accept(builder);
      OperatorCase built = builder.build();
      List<Tensor> expected = Engines.run(built, "litert", known.name());
      List<Tensor> actual = Engines.run(built, "reference", known.name());
      for (int o = 0; o < expected.size(); o++) {
        differs |=
            Comparison.difference(expected.get(o), actual.get(o), CaseGenerator.Exactness.CLOSE)
                != null;
      }
    }
    assertTrue(differs, known.name() + " no longer differs; remove it from KnownDifference.ALL");
  }
}
