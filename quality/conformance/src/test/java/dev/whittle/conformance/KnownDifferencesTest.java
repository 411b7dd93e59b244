package dev.whittle.conformance;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.whittle.ir.tensor.Tensor;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Objects;
import java.util.SplittableRandom;
import java.util.TreeSet;
import java.util.function.Consumer;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

class KnownDifferencesTest {
  private static final int TRIES = 20;

  static List<String> names() throws IOException {
    return Files.readAllLines(Path.of("src/test/resources/known-differences.txt")).stream()
        .filter(line -> !line.startsWith("#"))
        .map(line -> line.substring(0, line.indexOf('\t')))
        .toList();
  }

  @Test
  void everyCaseHasAReasonAndEveryReasonACase() throws IOException {
    assertEquals(new TreeSet<>(KnownDifferences.ALL.keySet()), new TreeSet<>(names()));
  }

  @ParameterizedTest
  @MethodSource("names")
  void theNativeRuntimeStillDiffers(String name) {
    Consumer<CaseBuilder> generate = Objects.requireNonNull(KnownDifferences.ALL.get(name));
    var random = new SplittableRandom(name.hashCode());
    boolean differs = false;
    for (int i = 0; i < TRIES && !differs; i++) {
      var builder = new CaseBuilder(random.split());
      generate.accept(builder);
      OperatorCase built = builder.build();
      List<Tensor> expected = Engines.run(built, "litert", name);
      List<Tensor> actual = Engines.run(built, "reference", name);
      for (int o = 0; o < expected.size(); o++) {
        differs |=
            Comparison.difference(expected.get(o), actual.get(o), CaseGenerator.Exactness.CLOSE)
                != null;
      }
    }
    assertTrue(differs, name + " no longer differs: take it off the list");
  }
}
