package dev.whittle.runtime.kernel;

import dev.whittle.ir.kernel.Tensor;
import java.lang.foreign.MemorySegment;
import java.util.Arrays;

/**
 * Float arrays that the kernels of one session use in turn: inputs and outputs pass through them.
 */
final class Scratch {
  private float[] input = {};
  private float[] output = {};
  private byte[] bytes = {};

  /** The elements of a tensor, and {@code zeros} zeros after them. */
  float[] input(Tensor tensor, int zeros) {
    int size = Math.toIntExact(tensor.elements());
    if (input.length < size + zeros) {
      input = new float[size + zeros];
    }
    MemorySegment.copy(tensor.data(), Tensor.FLOAT, 0, input, 0, size);
    Arrays.fill(input, size, size + zeros, 0);
    return input;
  }

  /** The elements of an 8-bit tensor less its zero point, and {@code zeros} zeros after them. */
  float[] shifted(Tensor tensor, int zeroPoint, int zeros) {
    int size = Math.toIntExact(tensor.elements());
    byte[] stored = bytes(tensor);
    MemorySegment.copy(tensor.data(), Tensor.BYTE, 0, stored, 0, size);
    if (input.length < size + zeros) {
      input = new float[size + zeros];
    }
    for (int i = 0; i < size; i++) {
      input[i] = stored[i] - zeroPoint;
    }
    Arrays.fill(input, size, size + zeros, 0);
    return input;
  }

  /** Room for the bytes of an 8-bit tensor. */
  byte[] bytes(Tensor tensor) {
    int size = Math.toIntExact(tensor.elements());
    if (bytes.length < size) {
      bytes = new byte[size];
    }
    return bytes;
  }

  /** Copies what was computed into {@link #bytes} to its tensor. */
  void storeBytes(Tensor tensor) {
    int size = Math.toIntExact(tensor.elements());
    MemorySegment.copy(bytes, 0, tensor.data(), Tensor.BYTE, 0, size);
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
