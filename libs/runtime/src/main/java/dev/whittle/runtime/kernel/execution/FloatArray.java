package dev.whittle.runtime.kernel.execution;

import dev.whittle.ir.tensor.Tensor;

/** The elements of a float tensor as part of an array. */
public final class FloatArray extends ArrayView<float[]> {
  public FloatArray() {
    super(float[].class, Float.BYTES, new float[] {});
  }

  @Override
  float[] copy(Tensor tensor) {
    return tensor.toFloats();
  }
}
