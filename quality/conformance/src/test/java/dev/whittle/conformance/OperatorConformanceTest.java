package dev.whittle.conformance;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNull;

import dev.whittle.ir.OpType;
import dev.whittle.ir.op.OpCatalog;
import dev.whittle.ir.tensor.Tensor;
import java.io.IOException;
import java.util.List;
import java.util.Set;
import java.util.SplittableRandom;
import java.util.TreeSet;
import java.util.stream.Collectors;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import org.opentest4j.AssertionFailedError;

/**
 * Runs random cases of every operator on our engines and on the native runtime. {@code
 * -Dconformance.cases=200 -Dconformance.seed=7 -Dconformance.operator=ADD} change how many, which
 * and of what; {@code -Dconformance.case=N} repeats the one case whose seed a failure names.
 */
class OperatorConformanceTest {
  private static final int CASES = Integer.getInteger("conformance.cases", 20);
  private static final long SEED = Long.getLong("conformance.seed", 20260101L);

  private static final Set<String> FORMS = new TreeSet<>();
  private static int compared;

  @AfterAll
  static void tellHowMuchWasCompared() throws IOException {
    System.out.printf(
        "compared with the native runtime: %d operators, %d operators by types, %,d cases (seed"
            + " %d)%n",
        generators().size(), FORMS.size(), compared, SEED);
    System.out.println("known differences:");
    KnownDifferencesTest.names().forEach(name -> System.out.println("  " + name));
  }

  static List<CaseGenerator> generators() {
    String wanted = System.getProperty("conformance.operator", "");
    return Cases.all().stream()
        .filter(g -> wanted.isEmpty() || wanted.equals(g.operator()))
        .toList();
  }

  @Test
  void everyOperatorOfTheCatalogHasCases() {
    Set<String> covered =
        Cases.all().stream().map(CaseGenerator::operator).collect(Collectors.toSet());
    Set<String> missing =
        OpCatalog.types().stream()
            .map(OpType::name)
            .filter(name -> !covered.contains(name))
            .collect(Collectors.toCollection(TreeSet::new));
    assertEquals(Set.of(), missing);
  }

  @ParameterizedTest
  @MethodSource("generators")
  void bothEnginesEqualTheNativeRuntime(CaseGenerator generator) {
    var random = new SplittableRandom(SEED ^ generator.operator().hashCode());
    Long only = Long.getLong("conformance.case");
    for (int i = 0; i < (only == null ? CASES : 1); i++) {
      long seed = only == null ? random.nextLong() : only;
      OperatorCase built;
      try {
        var builder = new CaseBuilder(new SplittableRandom(seed));
        generator.generate().accept(builder);
        built = builder.build();
      } catch (RuntimeException e) {
        throw new AssertionFailedError(generator.operator() + " seed " + seed, e);
      }
      compare(generator, built, seed);
    }
  }

  private static void compare(CaseGenerator generator, OperatorCase built, long seed) {
    compared++;
    FORMS.add(generator.operator() + built.inputs().stream().map(Tensor::type).distinct().toList());
    String label = "%s, case seed %d: %s".formatted(generator.operator(), seed, built.what());
    List<Tensor> expected = Engines.run(built, "litert", label);
    for (String engine : Engines.OURS) {
      List<Tensor> actual = Engines.run(built, engine, label);
      assertEquals(expected.size(), actual.size(), label);
      for (int i = 0; i < expected.size(); i++) {
        assertNull(
            Comparison.difference(expected.get(i), actual.get(i), generator.exactness()),
            engine + ", " + label + ", output " + i);
      }
    }
  }
}
