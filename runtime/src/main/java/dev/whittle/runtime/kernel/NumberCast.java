package dev.whittle.runtime.kernel;

import dev.whittle.ir.TensorType;

/** Casts between floats and 32-bit integers, and from truth values to both. */
final class NumberCast extends BlockKernel {
  private final TensorType from;
  private final TensorType to;
  private final BlockOperand input;

  NumberCast(Workers workers, int count, TensorType from, TensorType to, BlockOperand input) {
    super(workers, count, input);
    this.from = from;
    this.to = to;
    this.input = input;
  }

  /** Whether there is such a cast. */
  static boolean has(TensorType from, TensorType to) {
    return switch (from) {
      case FLOAT32 -> to == TensorType.INT32;
      case INT32 -> to == TensorType.FLOAT32;
      case BOOL -> to == TensorType.FLOAT32 || to == TensorType.INT32;
      default -> false;
    };
  }

  @Override
  void block(Scratch scratch, int at, int count) {
    float[] floats = scratch.input();
    int[] integers = scratch.integers();
    if (from == TensorType.FLOAT32) {
      input.read(at, floats, 0, count);
      for (int i = 0; i < count; i++) {
        integers[i] = (int) floats[i];
      }
    } else if (from == TensorType.INT32) {
      input.read(at, integers, 0, count);
    } else {
      byte[] truth = scratch.bytes(BLOCK);
      input.read(at, truth, 0, count);
      for (int i = 0; i < count; i++) {
        integers[i] = truth[i] == 0 ? 0 : 1;
      }
    }
    if (to == TensorType.INT32) {
      store(integers, at, count);
      return;
    }
    for (int i = 0; i < count; i++) {
      floats[i] = integers[i];
    }
    store(floats, at, count);
  }
}
