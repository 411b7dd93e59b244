package dev.whittle.conformance;

import java.util.function.Consumer;

/**
 * A generator of random cases of one operator.
 *
 * @param operator the operator's name in the catalog
 * @param exactness the tolerance between two engines
 * @param nativeKernel the native runtime's kernel as an oracle of these cases
 * @param generate fills one case: draws types, shapes and attributes from the builder's random
 *     source, adds the inputs and the node, and names the outputs
 */
public record CaseGenerator(
    String operator,
    Exactness exactness,
    NativeKernel nativeKernel,
    Consumer<CaseBuilder> generate) {

  /** The tolerance between two engines. */
  public enum Exactness {
    /** Equal bits, floats too, for operators that only move or compare elements. */
    EXACT,
    /** Floats within 1e-5 relative (or 1e-6 absolute), integers equal. */
    CLOSE,
    /**
     * Floats as {@link #CLOSE}, quantized integers within one step: they are computed as floats.
     */
    ONE_STEP,
    /** Floats within 1e-4 relative, integers equal: rounding errors of several operators add up. */
    COMPOSED,
    /** Floats within 1e-3 relative, quantized integers within one step, for whole networks. */
    NETWORK
  }

  /** The native runtime's kernel as an oracle. */
  public enum NativeKernel {
    /** The kernel defines the outputs of all cases. */
    RELIABLE,
    /** The kernel crashes if a dimension is zero. */
    CRASHES_ON_EMPTY_TENSORS,
    /** The kernel leaves outputs uninitialized if a dimension is zero. */
    UNDEFINED_ON_EMPTY_TENSORS,
    /**
     * The native runtime lacks the operator; the reference kernel is the oracle of the fast one.
     */
    ABSENT
  }

  /** Returns a generator of cases whose floats must be equal. */
  public static CaseGenerator exact(String operator, Consumer<CaseBuilder> generate) {
    return new CaseGenerator(operator, Exactness.EXACT, NativeKernel.RELIABLE, generate);
  }

  /** Returns a generator of cases whose floats may differ by rounding errors. */
  public static CaseGenerator close(String operator, Consumer<CaseBuilder> generate) {
    return new CaseGenerator(operator, Exactness.CLOSE, NativeKernel.RELIABLE, generate);
  }

  /** Returns a generator of cases whose quantized outputs may also differ by one step. */
  public static CaseGenerator oneStep(String operator, Consumer<CaseBuilder> generate) {
    return new CaseGenerator(operator, Exactness.ONE_STEP, NativeKernel.RELIABLE, generate);
  }

  /** Returns this generator with another statement about the native kernel. */
  public CaseGenerator withNativeKernel(NativeKernel kernel) {
    return new CaseGenerator(operator, exactness, kernel, generate);
  }

  /** Returns the name of the engine that defines the outputs of a case that states none. */
  public String oracle() {
    return nativeKernel == NativeKernel.ABSENT ? "reference" : "litert";
  }

  /** Returns whether the oracle defines the outputs of cases with empty tensors. */
  public boolean allowsEmptyTensors() {
    return nativeKernel == NativeKernel.RELIABLE || nativeKernel == NativeKernel.ABSENT;
  }
}
