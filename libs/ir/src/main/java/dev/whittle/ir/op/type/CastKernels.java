package dev.whittle.ir.op.type;

import dev.whittle.ir.kernel.Kernel;
import dev.whittle.ir.op.common.ElementwiseKernels;
import dev.whittle.ir.tensor.OperandException;
import dev.whittle.ir.tensor.Tensor;
import dev.whittle.ir.tensor.TensorType;

/** Reference kernels of {@link Cast}. */
final class CastKernels {
  private CastKernels() {}

  static Kernel of(TensorType from, TensorType to) {
    if (isComplex(from) || isComplex(to) || !from.hasFixedSize() || !to.hasFixedSize()) {
      throw OperandException.unsupported("no kernel for a cast from %s to %s", from, to);
    }
    boolean fromInteger = from.isInteger() || from == TensorType.BOOL;
    boolean toInteger = to.isInteger() || to == TensorType.BOOL;
    if (fromInteger && to == TensorType.BOOL) {
      return ElementwiseKernels.unaryIntegers(x -> x == 0 ? 0 : 1);
    }
    if (fromInteger && toInteger) {
      return ElementwiseKernels.unaryIntegers(x -> x);
    }
    return invocation -> run(invocation.input(0), invocation.output(0), toInteger);
  }

  private static boolean isComplex(TensorType type) {
    return type == TensorType.COMPLEX64 || type == TensorType.COMPLEX128;
  }

  private static void run(Tensor in, Tensor out, boolean toInteger) {
    for (long i = 0; i < in.elements(); i++) {
      if (toInteger) {
        out.setInteger(i, toInteger(in.getReal(i), out.type()));
      } else {
        storeReal(out, i, in.getReal(i));
      }
    }
  }

  private static long toInteger(double x, TensorType type) {
    return type == TensorType.BOOL
        ? (x != 0 ? 1 : 0)
        : type.bits() <= 32 && type != TensorType.UINT32 ? (int) x : (long) x;
  }

  /** Rounds to the nearest BFLOAT16, ties to even; NaNs stay NaNs. */
  private static short brainFloat(float x) {
    int bits = Float.floatToRawIntBits(x);
    return Float.isNaN(x)
        ? (short) (bits >>> 16 | 0x40)
        : (short) (bits + 0x7fff + (bits >>> 16 & 1) >>> 16);
  }

  private static void storeReal(Tensor out, long i, double x) {
    switch (out.type()) {
      case FLOAT32 -> out.setFloat(i, (float) x);
      case FLOAT64 -> out.data().set(Tensor.DOUBLE, i * 8, x);
      case FLOAT16 -> out.data().set(Tensor.SHORT, i * 2, Float.floatToFloat16((float) x));
      case BFLOAT16 -> out.data().set(Tensor.SHORT, i * 2, brainFloat((float) x));
      default -> throw OperandException.unsupported("no kernel for a cast to %s", out.type());
    }
  }
}
