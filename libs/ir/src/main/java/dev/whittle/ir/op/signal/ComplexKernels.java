package dev.whittle.ir.op.signal;

import dev.whittle.ir.kernel.Kernel;
import dev.whittle.ir.tensor.OperandException;
import dev.whittle.ir.tensor.Tensor;
import dev.whittle.ir.tensor.TensorType;

/** Reference kernels of real functions of complex numbers, which are stored as pairs. */
final class ComplexKernels {
  private ComplexKernels() {}

  @FunctionalInterface
  interface ComplexFunction {
    double apply(double re, double im);
  }

  /**
   * Returns the type of the real and imaginary parts of a complex type.
   *
   * @throws OperandException if the type is not complex
   */
  static TensorType partType(TensorType complex) {
    return switch (complex) {
      case COMPLEX64 -> TensorType.FLOAT32;
      case COMPLEX128 -> TensorType.FLOAT64;
      default ->
          throw OperandException.invalid(
              "input has type %s; expected COMPLEX64 or COMPLEX128", complex);
    };
  }

  static Kernel of(TensorType complex, ComplexFunction function) {
    boolean single = partType(complex) == TensorType.FLOAT32;
    return invocation -> {
      Tensor in = invocation.input(0);
      Tensor out = invocation.output(0);
      for (long i = 0; i < in.elements(); i++) {
        if (single) {
          float re = in.data().get(Tensor.FLOAT, 8 * i);
          float im = in.data().get(Tensor.FLOAT, 8 * i + 4);
          out.setFloat(i, (float) function.apply(re, im));
        } else {
          double re = in.data().get(Tensor.DOUBLE, 16 * i);
          double im = in.data().get(Tensor.DOUBLE, 16 * i + 8);
          out.data().set(Tensor.DOUBLE, 8 * i, function.apply(re, im));
        }
      }
    };
  }
}
