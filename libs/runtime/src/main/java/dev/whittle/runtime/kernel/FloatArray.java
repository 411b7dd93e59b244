package dev.whittle.runtime.kernel;

import dev.whittle.ir.kernel.Tensor;

/** The elements of a float tensor as part of an array. */
final class FloatArray extends ArrayView<float[]> {
  FloatArray() {
    super(float[].class, Float.BYTES, new float[] {});
  }

  @Override
  float[] copy(Tensor tensor) {
    return tensor.toFloats();
  }
}
