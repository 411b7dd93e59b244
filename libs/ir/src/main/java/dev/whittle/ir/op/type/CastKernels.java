package dev.whittle.ir.op.type;

import dev.whittle.ir.kernel.Invocation;
import dev.whittle.ir.kernel.Kernel;
import dev.whittle.ir.op.common.ElementwiseKernels;
import dev.whittle.ir.tensor.OperandException;
import dev.whittle.ir.tensor.Tensor;
import dev.whittle.ir.tensor.TensorType;

/** Reference kernels of {@link Cast}. */
final class CastKernels {
  private CastKernels() {}

  static Kernel of(TensorType from, TensorType to) {
    if (!isCastable(from) || !isCastable(to)) {
      throw OperandException.unsupported("no kernel for a cast from %s to %s", from, to);
    }
    boolean fromInteger = from.isInteger() || from == TensorType.BOOL;
    boolean toInteger = to.isInteger() || to == TensorType.BOOL;
    if (from == TensorType.COMPLEX64 && to == TensorType.COMPLEX64) {
      return invocation -> invocation.output(0).copyBytesFrom(invocation.input(0));
    }
    if (fromInteger && to == TensorType.BOOL) {
      return ElementwiseKernels.unaryIntegers(x -> x == 0 ? 0 : 1);
    }
    if (fromInteger && toInteger) {
      return ElementwiseKernels.unaryIntegers(x -> x);
    }
    if (from == TensorType.FLOAT32 && to == TensorType.UINT8) {
      return CastKernels::saturate;
    }
    return invocation -> run(invocation.input(0), invocation.output(0), toInteger);
  }

  private static boolean isCastable(TensorType type) {
    return switch (type) {
      case STRING, VARIANT, RESOURCE, COMPLEX128, FLOAT8_E4M3FN, FLOAT8_E5M2 -> false;
      default -> true;
    };
  }

  /** The only cast to integers that the built-in kernels saturate; NaN becomes 0. */
  private static void saturate(Invocation invocation) {
    Tensor in = invocation.input(0);
    Tensor out = invocation.output(0);
    for (long i = 0; i < in.elements(); i++) {
      out.setInteger(i, Math.clamp((long) in.getFloat(i), 0, 255));
    }
  }

  private static void run(Tensor in, Tensor out, boolean toInteger) {
    for (long i = 0; i < in.elements(); i++) {
      // Of a complex number, the real part is taken.
      double x = in.type() == TensorType.COMPLEX64 ? in.getFloat(2 * i) : in.getReal(i);
      if (toInteger) {
        out.setInteger(i, toInteger(x, out.type()));
      } else if (out.type() == TensorType.COMPLEX64) {
        out.setFloat(2 * i, (float) x);
        out.setFloat(2 * i + 1, 0);
      } else {
        out.setReal(i, x);
      }
    }
  }

  private static long toInteger(double x, TensorType type) {
    return type == TensorType.BOOL
        ? (x != 0 ? 1 : 0)
        : type.bits() <= 32 && type != TensorType.UINT32 ? (int) x : (long) x;
  }
}
