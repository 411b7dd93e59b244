package dev.whittle.ir.op;

import dev.whittle.ir.OperandException;
import dev.whittle.ir.Operands;
import dev.whittle.ir.Shape;
import dev.whittle.ir.TensorType;
import dev.whittle.ir.TypedShape;
import dev.whittle.ir.kernel.Kernel;
import dev.whittle.ir.kernel.Tensor;
import java.util.List;

/** Typing and reference kernels of operators that compute each element by itself. */
final class Elementwise {
  private Elementwise() {}

  @FunctionalInterface
  interface FloatUnary {
    float apply(float x);
  }

  @FunctionalInterface
  interface FloatBinary {
    float apply(float a, float b);
  }

  @FunctionalInterface
  interface LongUnary {
    long apply(long x);
  }

  @FunctionalInterface
  interface LongBinary {
    long apply(long a, long b);
  }

  /** The output of an operator that keeps the type and shape of its input. */
  static List<TypedShape> sameAsInput(Operands operands) {
    return List.of(new TypedShape(operands.type(0), operands.shape(0)));
  }

  /** The output of a binary operator whose operands broadcast and have one type. */
  static List<TypedShape> broadcast(Operands operands) {
    return List.of(new TypedShape(operands.type(0), broadcastShape(operands)));
  }

  /** The shape two operands of one type broadcast to. */
  static Shape broadcastShape(Operands operands) {
    if (operands.type(0) != operands.type(1)) {
      throw OperandException.invalid("operands are %s and %s", operands.type(0), operands.type(1));
    }
    return Shapes.broadcast(operands.shape(0), operands.shape(1));
  }

  /** Thrown where an operator has no kernel for its first operand's type. */
  static OperandException noKernel(Operands operands) {
    return OperandException.unsupported(
        "no kernel for %s%s",
        operands.type(0), operands.input(0).isQuantized() ? " (quantized)" : "");
  }

  static Kernel floats(FloatUnary function) {
    return invocation -> {
      Tensor in = invocation.input(0);
      Tensor out = invocation.output(0);
      for (long i = 0; i < in.elements(); i++) {
        out.setFloat(i, function.apply(in.getFloat(i)));
      }
    };
  }

  /** For integers of any width; results wrap around. */
  static Kernel integers(LongUnary function) {
    return invocation -> {
      Tensor in = invocation.input(0);
      Tensor out = invocation.output(0);
      for (long i = 0; i < in.elements(); i++) {
        out.setInteger(i, function.apply(in.getInteger(i)));
      }
    };
  }

  static Kernel floats(FloatBinary function) {
    var broadcast = new Broadcast();
    return invocation -> {
      Tensor a = invocation.input(0);
      Tensor b = invocation.input(1);
      Tensor out = invocation.output(0);
      broadcast.walk(
          out,
          (first, count, operands, steps) -> {
            long i = operands[0];
            long j = operands[1];
            for (long k = 0; k < count; k++) {
              out.setFloat(first + k, function.apply(a.getFloat(i), b.getFloat(j)));
              i += steps[0];
              j += steps[1];
            }
          },
          a,
          b);
    };
  }

  /** For integers of any width; results wrap around. Also for booleans as 0 and 1. */
  static Kernel integers(LongBinary function) {
    var broadcast = new Broadcast();
    return invocation -> {
      Tensor a = invocation.input(0);
      Tensor b = invocation.input(1);
      Tensor out = invocation.output(0);
      broadcast.walk(
          out,
          (first, count, operands, steps) -> {
            long i = operands[0];
            long j = operands[1];
            for (long k = 0; k < count; k++) {
              out.setInteger(first + k, function.apply(a.getInteger(i), b.getInteger(j)));
              i += steps[0];
              j += steps[1];
            }
          },
          a,
          b);
    };
  }

  /** {@code function} followed by an activation that is a clamp. */
  static FloatBinary clampedFloats(FloatBinary function, Activation activation) {
    if (activation == Activation.NONE) {
      return function;
    }
    float low = activation.requireClamp().min();
    float high = activation.max();
    return (a, b) -> Math.min(Math.max(function.apply(a, b), low), high);
  }

  /** {@code function} on integers that stand for themselves, followed by a clamp. */
  static LongBinary clampedIntegers(LongBinary function, Activation activation) {
    if (activation == Activation.NONE) {
      return function;
    }
    long low =
        activation.requireClamp().min() == Float.NEGATIVE_INFINITY
            ? Long.MIN_VALUE
            : (long) activation.min();
    long high =
        activation.max() == Float.POSITIVE_INFINITY ? Long.MAX_VALUE : (long) activation.max();
    return (a, b) -> Math.min(Math.max(function.apply(a, b), low), high);
  }

  /** Whether the operand's type is one of those. */
  static boolean isOneOf(TensorType type, TensorType... types) {
    return List.of(types).contains(type);
  }
}
