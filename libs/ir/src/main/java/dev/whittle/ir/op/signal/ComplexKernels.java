package dev.whittle.ir.op.signal;

import dev.whittle.ir.kernel.Kernel;
import dev.whittle.ir.tensor.OperandException;
import dev.whittle.ir.tensor.Tensor;
import dev.whittle.ir.tensor.TensorType;

/** Reference kernels of functions of complex numbers, which lie as pairs of floats or doubles. */
final class ComplexKernels {
  private ComplexKernels() {}

  @FunctionalInterface
  interface Part {
    double of(double re, double im);
  }

  /** The type of the parts of complex numbers. */
  static TensorType part(TensorType complex) {
    return switch (complex) {
      case COMPLEX64 -> TensorType.FLOAT32;
      case COMPLEX128 -> TensorType.FLOAT64;
      default -> throw OperandException.invalid("%s is not complex", complex);
    };
  }

  static Kernel of(TensorType complex, Part part) {
    boolean single = part(complex) == TensorType.FLOAT32;
    return invocation -> {
      Tensor in = invocation.input(0);
      Tensor out = invocation.output(0);
      for (long i = 0; i < in.elements(); i++) {
        if (single) {
          float re = in.data().get(Tensor.FLOAT, 8 * i);
          float im = in.data().get(Tensor.FLOAT, 8 * i + 4);
          out.setFloat(i, (float) part.of(re, im));
        } else {
          double re = in.data().get(Tensor.DOUBLE, 16 * i);
          double im = in.data().get(Tensor.DOUBLE, 16 * i + 8);
          out.data().set(Tensor.DOUBLE, 8 * i, part.of(re, im));
        }
      }
    };
  }
}
