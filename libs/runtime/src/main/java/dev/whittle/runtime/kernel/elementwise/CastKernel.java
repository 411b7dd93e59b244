package dev.whittle.runtime.kernel.elementwise;

import dev.whittle.ir.tensor.TensorType;
import dev.whittle.runtime.kernel.execution.Scratch;
import dev.whittle.runtime.kernel.execution.Workers;

/** Casts between floats, integers of 8, 32 and 64 bits, and booleans. */
public final class CastKernel extends BlockKernel {
  /** The type of the arrays that elements are converted in. */
  private enum Form {
    FLOATS,
    INTEGERS,
    LONGS;

    static Form of(TensorType type) {
      return switch (type) {
        case FLOAT32 -> FLOATS;
        case INT64 -> LONGS;
        default -> INTEGERS;
      };
    }
  }

  private final TensorType from;
  private final TensorType to;

  public CastKernel(
      Workers workers, int count, TensorType from, TensorType to, BlockOperand... operands) {
    super(workers, count, operands);
    this.from = from;
    this.to = to;
  }

  /** Returns whether a cast is supported. */
  public static boolean has(TensorType from, TensorType to) {
    return isKnown(from) && isKnown(to);
  }

  private static boolean isKnown(TensorType type) {
    return switch (type) {
      case FLOAT32, INT8, UINT8, INT32, INT64, BOOL -> true;
      default -> false;
    };
  }

  @Override
  void block(Scratch scratch, int at, int count) {
    read(scratch, at, count);
    if (to == TensorType.BOOL) {
      takeBooleanValue(scratch, count);
    } else {
      convert(scratch, count);
    }
    switch (to) {
      case FLOAT32 -> store(scratch.input(), at, count);
      case INT32 -> store(scratch.integers(), at, count);
      case INT64 -> store(scratch.longs(BLOCK), at, count);
      default -> {
        scratch.math.narrow(scratch.integers(), scratch.bytes(BLOCK), count);
        store(scratch.bytes(BLOCK), at, count);
      }
    }
  }

  private void read(Scratch scratch, int at, int count) {
    switch (from) {
      case FLOAT32 -> operand(0).read(at, scratch.input(), 0, count);
      case INT32 -> operand(0).read(at, scratch.integers(), 0, count);
      case INT64 -> operand(0).read(at, scratch.longs(BLOCK), 0, count);
      default -> {
        byte[] bytes = scratch.bytes(BLOCK);
        int[] integers = scratch.integers();
        int mask = from == TensorType.INT8 ? -1 : 0xff;
        operand(0).read(at, bytes, 0, count);
        for (int i = 0; i < count; i++) {
          integers[i] = bytes[i] & mask;
        }
        if (from == TensorType.BOOL) {
          for (int i = 0; i < count; i++) {
            integers[i] = (integers[i] + 0xff) >> 8;
          }
        }
      }
    }
  }

  private void convert(Scratch scratch, int count) {
    float[] floats = scratch.input();
    int[] integers = scratch.integers();
    long[] longs = scratch.longs(BLOCK);
    Form target = Form.of(to);
    switch (Form.of(from)) {
      case FLOATS -> {
        if (to == TensorType.UINT8) {
          // The only cast that the built-in kernels saturate.
          for (int i = 0; i < count; i++) {
            integers[i] = Math.min(Math.max((int) floats[i], 0), 255);
          }
        } else if (target == Form.INTEGERS) {
          for (int i = 0; i < count; i++) {
            integers[i] = (int) floats[i];
          }
        } else if (target == Form.LONGS) {
          for (int i = 0; i < count; i++) {
            longs[i] = (long) floats[i];
          }
        }
      }
      case INTEGERS -> {
        if (target == Form.FLOATS) {
          for (int i = 0; i < count; i++) {
            floats[i] = integers[i];
          }
        } else if (target == Form.LONGS) {
          for (int i = 0; i < count; i++) {
            longs[i] = integers[i];
          }
        }
      }
      case LONGS -> {
        if (target == Form.FLOATS) {
          for (int i = 0; i < count; i++) {
            floats[i] = longs[i];
          }
        } else if (target == Form.INTEGERS) {
          for (int i = 0; i < count; i++) {
            integers[i] = (int) longs[i];
          }
        }
      }
    }
  }

  /** Converts elements to booleans: 1 for each nonzero element, NaN included. */
  private void takeBooleanValue(Scratch scratch, int count) {
    int[] integers = scratch.integers();
    switch (Form.of(from)) {
      case FLOATS -> {
        float[] floats = scratch.input();
        for (int i = 0; i < count; i++) {
          integers[i] = floats[i] != 0 ? 1 : 0;
        }
      }
      case INTEGERS -> {
        for (int i = 0; i < count; i++) {
          integers[i] = (integers[i] | -integers[i]) >>> 31;
        }
      }
      case LONGS -> {
        long[] longs = scratch.longs(BLOCK);
        for (int i = 0; i < count; i++) {
          integers[i] = longs[i] != 0 ? 1 : 0;
        }
      }
    }
  }
}
