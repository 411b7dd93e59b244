package dev.whittle.conformance;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;

import dev.whittle.ir.tensor.Tensor;
import dev.whittle.ir.tensor.TensorType;
import dev.whittle.npz.NpyArray;

/** The comparison of tensors with arrays that TensorFlow computed. */
final class RecordedArray {
  private RecordedArray() {}

  /**
   * Asserts that a tensor has the shape of an array and its numbers.
   *
   * @param tolerance the largest difference, relative to the largest finite number of the array
   * @param minMagnitude the least number that the tolerance is relative to
   * @param label the start of failure messages
   */
  static void assertClose(
      NpyArray expected, Tensor actual, double tolerance, double minMagnitude, String label) {
    assertArrayEquals(expected.shape(), actual.dims(), label);
    double[] values = expected.toDoubles();
    double magnitude = minMagnitude;
    for (double value : values) {
      magnitude = Double.isFinite(value) ? Math.max(magnitude, Math.abs(value)) : magnitude;
    }
    for (int i = 0; i < values.length; i++) {
      double value =
          actual.type() == TensorType.BOOL ? (actual.getBoolean(i) ? 1 : 0) : actual.getReal(i);
      if (Double.compare(value, values[i]) != 0) {
        assertEquals(values[i], value, tolerance * magnitude, label + "[" + i + "]");
      }
    }
  }
}
