package dev.whittle.conformance;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import dev.whittle.conformance.CaseGenerator.NativeKernel;
import dev.whittle.ir.OpType;
import dev.whittle.ir.op.OpCatalog;
import dev.whittle.ir.tensor.Tensor;
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
 * Runs random cases of every operator on Whittle's engines and on the native runtime. {@code
 * -Dconformance.cases=200 -Dconformance.seed=7 -Dconformance.operator=ADD} change the number of
 * cases, the seed and the operator; {@code -Dconformance.case=N} repeats the one case with the seed
 * that a failure names.
 */
class OperatorConformanceTest {
  private static final int CASES = Integer.getInteger("conformance.cases", 20);
  private static final long SEED = Long.getLong("conformance.seed", 20260101L);

  private static final Set<String> FORMS = new TreeSet<>();
  private static int compared;

  @AfterAll
  static void printSummary() {
    System.out.printf(
        "compared with the native runtime: %d operators, %d operators by types, %,d cases (seed"
            + " %d)%n",
        generators().size(), FORMS.size(), compared, SEED);
    System.out.println("known differences:");
    KnownDifference.ALL.forEach(known -> System.out.println("  " + known.name()));
  }

  static List<CaseGenerator> generators() {
    String operator = System.getProperty("conformance.operator", "");
    return Cases.all().stream()
        .filter(g -> operator.isEmpty() || operator.equals(g.operator()))
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
    assertEquals(
        Set.of(), missing, "operators without a CaseGenerator; add one to a ...Cases class");
  }

  @ParameterizedTest
  @MethodSource("generators")
  void enginesAgreeWithTheNativeRuntime(CaseGenerator generator) {
    var random = new SplittableRandom(SEED ^ generator.operator().hashCode());
    Long only = Long.getLong("conformance.case");
    for (int i = 0; i < (only == null ? CASES : 1); i++) {
      long seed = only == null ? random.nextLong() : only;
      compare(generator, build(generator, seed), seed);
    }
  }

  @Test
  void nativeRuntimeRefusesOperatorsStatedAsAbsent() {
    for (CaseGenerator generator : Cases.all()) {
      if (generator.nativeKernel() == NativeKernel.ABSENT) {
        OperatorCase built = build(generator, SEED);
        assertThrows(
            AssertionFailedError.class,
            () -> Engines.run(built, "litert", generator.operator()),
            () -> generator.operator() + " is in the native runtime; compare with it");
      }
    }
  }

  private static OperatorCase build(CaseGenerator generator, long seed) {
    try {
      var builder = new CaseBuilder(new SplittableRandom(seed));
      generator.generate().accept(builder);
      return builder.build();
    } catch (RuntimeException e) {
      throw new AssertionFailedError(generator.operator() + " seed " + seed, e);
    }
  }

  private static void compare(CaseGenerator generator, OperatorCase built, long seed) {
    compared++;
    FORMS.add(generator.operator() + built.inputs().stream().map(Tensor::type).distinct().toList());
    String label =
        "%s, case seed %d: %s".formatted(generator.operator(), seed, built.description());
    List<Tensor> expected = Engines.expected(built, generator.oracle(), label);
    Engines.assertAgree(built, expected, generator.exactness(), label);
  }
}
