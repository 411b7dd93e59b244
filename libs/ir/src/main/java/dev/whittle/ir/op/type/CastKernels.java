package dev.whittle.ir.op.type;

import dev.whittle.ir.kernel.Kernel;
import dev.whittle.ir.op.common.ElementwiseKernels;
import dev.whittle.ir.tensor.OperandException;
import dev.whittle.ir.tensor.Tensor;
import dev.whittle.ir.tensor.TensorType;

/** The reference kernels of {@link Cast}. */
final class CastKernels {
  private CastKernels() {}

  static Kernel of(TensorType from, TensorType to) {
    if (isComplex(from) || isComplex(to) || !from.hasFixedSize() || !to.hasFixedSize()) {
      throw OperandException.unsupported("no kernel casts %s to %s", from, to);
    }
    boolean fromWhole = from.isInteger() || from == TensorType.BOOL;
    boolean toWhole = to.isInteger() || to == TensorType.BOOL;
    if (fromWhole && to == TensorType.BOOL) {
      return ElementwiseKernels.unaryIntegers(x -> x == 0 ? 0 : 1);
    }
    if (fromWhole && toWhole) {
      return ElementwiseKernels.unaryIntegers(x -> x);
    }
    return invocation -> run(invocation.input(0), invocation.output(0), toWhole);
  }

  private static boolean isComplex(TensorType type) {
    return type == TensorType.COMPLEX64 || type == TensorType.COMPLEX128;
  }

  private static void run(Tensor in, Tensor out, boolean toWhole) {
    for (long i = 0; i < in.elements(); i++) {
      if (toWhole) {
        out.setInteger(i, whole(in.getReal(i), out.type()));
      } else {
        storeReal(out, i, in.getReal(i));
      }
    }
  }

  private static long whole(double x, TensorType type) {
    return type == TensorType.BOOL
        ? (x != 0 ? 1 : 0)
        : type.bits() <= 32 && type != TensorType.UINT32 ? (int) x : (long) x;
  }

  private static void storeReal(Tensor out, long i, double x) {
    switch (out.type()) {
      case FLOAT32 -> out.setFloat(i, (float) x);
      case FLOAT64 -> out.data().set(Tensor.DOUBLE, i * 8, x);
      case FLOAT16 -> out.data().set(Tensor.SHORT, i * 2, Float.floatToFloat16((float) x));
      default -> throw OperandException.unsupported("no kernel casts to %s", out.type());
    }
  }
}
