package dev.whittle.conformance;

import dev.whittle.ir.GraphCheck;
import dev.whittle.ir.tensor.Tensor;
import java.util.List;
import java.util.SplittableRandom;
import org.junit.jupiter.api.Test;
import org.opentest4j.AssertionFailedError;

/**
 * Runs random graphs of up to 12 nodes on Whittle's engines and the native runtime. {@code
 * -Dconformance.graphs=20000 -Dconformance.seed=7} change the number of graphs and the seed; {@code
 * -Dconformance.graph=N} repeats the one graph with the seed that a failure names.
 */
class RandomGraphTest {
  private static final int GRAPHS = Integer.getInteger("conformance.graphs", 1000);
  private static final long SEED = Long.getLong("conformance.seed", 20260102L);

  @Test
  void enginesAgreeWithTheNativeRuntimeOnRandomGraphs() {
    var random = new SplittableRandom(SEED);
    Long only = Long.getLong("conformance.graph");
    for (int i = 0; i < (only == null ? GRAPHS : 1); i++) {
      long seed = only == null ? random.nextLong() : only;
      try {
        compare(seed);
      } catch (RuntimeException e) {
        throw new AssertionFailedError("graph seed " + seed, e);
      }
    }
  }

  private static void compare(long seed) {
    var builder = new CaseBuilder(new SplittableRandom(seed));
    RandomGraph.grow(builder, builder.between(2, 12));
    OperatorCase built = builder.build();
    GraphCheck.check(built.model());
    String label = "graph seed " + seed;
    List<Tensor> expected = Engines.run(built, "litert", label);
    Engines.assertAgree(built, expected, CaseGenerator.Exactness.COMPOSED, label);
  }
}
