package dev.whittle.conformance;

import java.util.List;
import java.util.stream.Stream;

/** The case generators of all operators. */
public final class Cases {
  private static final List<CaseGenerator> ALL =
      Stream.of(
              ActivationCases.ALL,
              DataMovementCases.ALL,
              DenseCases.ALL,
              ElementwiseCases.ALL,
              StateCases.ALL,
              RecurrentCases.ALL,
              Conv3DCases.ALL,
              IndexCases.ALL,
              ImageCases.ALL,
              ReductionCases.ALL)
          .flatMap(List::stream)
          .toList();

  private Cases() {}

  public static List<CaseGenerator> all() {
    return ALL;
  }
}
