package dev.whittle.conformance;

import java.util.function.Consumer;

/**
 * Makes random cases of one operator.
 *
 * @param operator its name in the catalog
 * @param exactness how equal the engines must be
 * @param generate fills one case: draws types, shapes and attributes from the builder's random
 *     source, adds inputs and the node, and names the outputs
 */
public record CaseGenerator(String operator, Exactness exactness, Consumer<CaseBuilder> generate) {

  /** How far two engines may differ. */
  public enum Exactness {
    /** Bit for bit, floats too: operators that only move or compare elements. */
    EXACT,
    /** Floats within 1e-5 relative (or 1e-6 absolute), integers bit for bit. */
    CLOSE,
    /** Floats as {@link #CLOSE}, quantized integers within one step: they go through floats. */
    ONE_STEP,
    /** Floats within 1e-4 relative, integers bit for bit: roundings of several operators add up. */
    COMPOSED,
    /** Floats within 1e-3 relative, quantized integers within one step: whole networks. */
    NETWORK
  }

  public static CaseGenerator exact(String operator, Consumer<CaseBuilder> generate) {
    return new CaseGenerator(operator, Exactness.EXACT, generate);
  }

  public static CaseGenerator close(String operator, Consumer<CaseBuilder> generate) {
    return new CaseGenerator(operator, Exactness.CLOSE, generate);
  }

  public static CaseGenerator oneStep(String operator, Consumer<CaseBuilder> generate) {
    return new CaseGenerator(operator, Exactness.ONE_STEP, generate);
  }
}
