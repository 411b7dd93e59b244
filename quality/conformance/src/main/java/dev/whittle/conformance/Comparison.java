package dev.whittle.conformance;

import dev.whittle.conformance.CaseGenerator.Exactness;
import dev.whittle.ir.tensor.Tensor;
import dev.whittle.ir.tensor.TensorType;
import java.util.Arrays;
import org.jspecify.annotations.Nullable;

/** A comparison of the tensors that two engines computed. */
public final class Comparison {
  private static final double RELATIVE = 1e-5;
  private static final double ABSOLUTE = 1e-6;

  private Comparison() {}

  /** Returns a description of the first difference, or null if the tensors agree. */
  public static @Nullable String difference(Tensor expected, Tensor actual, Exactness exactness) {
    if (expected.type() != actual.type()) {
      return "type " + actual.type() + ", expected " + expected.type();
    }
    if (!Arrays.equals(expected.dims(), actual.dims())) {
      return "shape " + actual.shape() + ", expected " + expected.shape();
    }
    return switch (expected.type()) {
      case STRING -> strings(expected, actual);
      case FLOAT32, FLOAT64, FLOAT16, BFLOAT16 -> reals(expected, actual, exactness);
      case COMPLEX64, COMPLEX128 -> complex(expected, actual);
      case INT2,
          INT4,
          UINT4,
          INT8,
          UINT8,
          INT16,
          UINT16,
          INT32,
          UINT32,
          INT64,
          UINT64,
          BOOL,
          RESOURCE ->
          integers(expected, actual, exactness);
      case VARIANT, FLOAT8_E4M3FN, FLOAT8_E5M2 -> "cannot compare tensors of " + expected.type();
    };
  }

  private static @Nullable String strings(Tensor expected, Tensor actual) {
    var left = expected.strings();
    var right = actual.strings();
    for (int i = 0; i < left.size(); i++) {
      if (!Arrays.equals(left.get(i), right.get(i))) {
        return "string %d differs".formatted(i);
      }
    }
    return null;
  }

  private static @Nullable String reals(Tensor expected, Tensor actual, Exactness exactness) {
    // Rounding errors of a sum are relative to its terms; the largest element estimates them.
    double largest = 0;
    for (long i = 0; i < expected.elements(); i++) {
      double magnitude = Math.abs(expected.getReal(i));
      largest = Double.isFinite(magnitude) ? Math.max(largest, magnitude) : largest;
    }
    double tolerance =
        switch (exactness) {
          case EXACT -> 0;
          case CLOSE, ONE_STEP -> Math.max(ABSOLUTE, RELATIVE * largest);
          case COMPOSED -> 10 * Math.max(ABSOLUTE, RELATIVE * largest);
          case NETWORK -> 100 * Math.max(ABSOLUTE, RELATIVE * largest);
        };
    for (long i = 0; i < expected.elements(); i++) {
      double e = expected.getReal(i);
      double a = actual.getReal(i);
      boolean same = e == a || (Double.isNaN(e) && Double.isNaN(a)) || Math.abs(e - a) <= tolerance;
      if (!same) {
        return "element %d is %s, expected %s".formatted(i, a, e);
      }
    }
    return null;
  }

  private static @Nullable String complex(Tensor expected, Tensor actual) {
    return reals(realsAndImaginaries(expected), realsAndImaginaries(actual), Exactness.CLOSE);
  }

  private static Tensor realsAndImaginaries(Tensor complex) {
    var type = complex.type() == TensorType.COMPLEX64 ? TensorType.FLOAT32 : TensorType.FLOAT64;
    int count = Math.toIntExact(complex.elements() * 2);
    return new Tensor(type, new int[] {count}, null, complex.data());
  }

  private static @Nullable String integers(Tensor expected, Tensor actual, Exactness exactness) {
    boolean quantized = expected.quantization() != null && expected.quantization().isQuantized();
    boolean stepAllowed = exactness == Exactness.ONE_STEP || exactness == Exactness.NETWORK;
    long step = stepAllowed && quantized ? 1 : 0;
    for (long i = 0; i < expected.elements(); i++) {
      long e = expected.getInteger(i);
      long a = actual.getInteger(i);
      if (Math.abs(e - a) > step) {
        return "element %d is %d, expected %d".formatted(i, a, e);
      }
    }
    return null;
  }
}
