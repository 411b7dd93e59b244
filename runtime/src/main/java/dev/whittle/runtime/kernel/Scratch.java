package dev.whittle.runtime.kernel;

import dev.whittle.ir.kernel.Tensor;
import java.lang.foreign.MemorySegment;

/**
 * Float arrays that the kernels of one session use in turn: inputs and outputs pass through them.
 */
final class Scratch {
  private float[] input = {};
  private float[] output = {};

  /** The elements of a tensor, and {@code zeros} zeros after them. */
  float[] input(Tensor tensor, int zeros) {
    int size = Math.toIntExact(tensor.elements());
    if (input.length < size + zeros) {
      input = new float[size + zeros];
    }
    MemorySegment.copy(tensor.data(), Tensor.FLOAT, 0, input, 0, size);
    java.util.Arrays.fill(input, size, size + zeros, 0);
    return input;
  }

  /** Room for the elements of a tensor. */
  float[] output(Tensor tensor) {
    int size = Math.toIntExact(tensor.elements());
    if (output.length < size) {
      output = new float[size];
    }
    return output;
  }

  /** Copies what was computed into {@link #output} to its tensor. */
  void store(Tensor tensor) {
    int size = Math.toIntExact(tensor.elements());
    MemorySegment.copy(output, 0, tensor.data(), Tensor.FLOAT, 0, size);
  }
}
