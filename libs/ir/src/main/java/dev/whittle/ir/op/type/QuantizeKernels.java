package dev.whittle.ir.op.type;

import dev.whittle.ir.Operands;
import dev.whittle.ir.kernel.FixedPoint;
import dev.whittle.ir.kernel.Kernel;
import dev.whittle.ir.op.Activation;
import dev.whittle.ir.op.common.ElementwiseKernels;
import dev.whittle.ir.op.common.Shapes;
import dev.whittle.ir.tensor.OperandException;
import dev.whittle.ir.tensor.Quantization;
import dev.whittle.ir.tensor.Tensor;
import dev.whittle.ir.tensor.TensorType;

/** Reference kernels of {@link Quantize} and {@link Dequantize}. */
final class QuantizeKernels {
  private QuantizeKernels() {}

  /** The scales and zero points of a per-tensor or per-axis quantized tensor. */
  private static final class Scales {
    private final float[] scale;
    private final long[] zeroPoint;
    private final int axis;

    private Scales(float[] scale, long[] zeroPoint, int axis) {
      this.scale = scale;
      this.zeroPoint = zeroPoint;
      this.axis = axis;
    }

    static Scales of(Quantization quantization) {
      float[] scales = quantization.scales();
      long[] zeroPoints = new long[scales.length];
      for (int i = 0; i < zeroPoints.length; i++) {
        int from = Math.min(i, quantization.zeroPoint().size() - 1);
        zeroPoints[i] = from < 0 ? 0 : quantization.zeroPoint().get(from);
      }
      return new Scales(scales, zeroPoints, quantization.axis());
    }

    /** Returns the number of adjacent elements with the same scale. */
    long inner(Tensor tensor) {
      if (scale.length == 1) {
        return Math.max(1, tensor.elements());
      }
      if (axis < 0 || axis >= tensor.rank() || tensor.dim(axis) != scale.length) {
        throw OperandException.invalid(
            "%d scales along axis %d of %s; expected one for each slice",
            scale.length, axis, tensor.shape());
      }
      return Shapes.product(tensor.dims(), axis + 1, tensor.rank());
    }
  }

  static Kernel quantize(Operands operands) {
    Scales scales = Scales.of(operands.output(0).requireQuantization());
    Activation.Bounds bounds = Activation.Bounds.of(operands.output(0).type());
    return invocation -> {
      Tensor in = invocation.input(0);
      Tensor out = invocation.output(0);
      long inner = scales.inner(out);
      for (long i = 0; i < in.elements(); i++) {
        int channel = (int) (i / inner % scales.scale.length);
        // Single precision would make more quotients ties.
        double scaled = (double) in.getFloat(i) / scales.scale[channel];
        double stored = FixedPoint.roundHalfAway(scaled) + scales.zeroPoint[channel];
        out.setInteger(i, (long) Math.min(Math.max(stored, bounds.low()), bounds.high()));
      }
    };
  }

  static Kernel requantize(Operands operands) {
    Quantization in = operands.input(0).requireQuantization();
    Quantization out = operands.output(0).requireQuantization();
    var multiplier = FixedPoint.Multiplier.of((double) in.scaleValue() / (double) out.scaleValue());
    Activation.Bounds bounds = requantizedBounds(operands);
    int inZero = in.zeroPointValue();
    int outZero = out.zeroPointValue();
    return ElementwiseKernels.unaryIntegers(
        x -> bounds.clamp(multiplier.apply((int) x - inZero) + outZero));
  }

  /** Only 16-bit integers are requantized to 32 bits. */
  private static Activation.Bounds requantizedBounds(Operands operands) {
    TensorType to = operands.output(0).type();
    if (to == TensorType.INT32) {
      if (operands.type(0) != TensorType.INT16) {
        throw OperandException.unsupported("no kernel for %s to INT32", operands.type(0));
      }
      return new Activation.Bounds(Integer.MIN_VALUE, Integer.MAX_VALUE);
    }
    return Activation.Bounds.of(to);
  }

  static Kernel dequantize(Operands operands) {
    Scales scales = Scales.of(operands.input(0).requireQuantization());
    return invocation -> {
      Tensor in = invocation.input(0);
      Tensor out = invocation.output(0);
      long inner = scales.inner(in);
      for (long i = 0; i < in.elements(); i++) {
        int channel = (int) (i / inner % scales.scale.length);
        double scale = scales.scale[channel];
        out.setFloat(i, (float) (scale * (in.getInteger(i) - scales.zeroPoint[channel])));
      }
    };
  }

  /** Returns the kernel of 16-bit floats to 32-bit floats. */
  static Kernel toFloat32() {
    return invocation -> {
      Tensor in = invocation.input(0);
      Tensor out = invocation.output(0);
      for (long i = 0; i < in.elements(); i++) {
        out.setFloat(i, (float) in.getReal(i));
      }
    };
  }
}
