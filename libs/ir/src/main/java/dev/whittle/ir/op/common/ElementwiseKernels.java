package dev.whittle.ir.op.common;

import dev.whittle.ir.Operands;
import dev.whittle.ir.kernel.FixedPoint;
import dev.whittle.ir.kernel.Kernel;
import dev.whittle.ir.tensor.OperandException;
import dev.whittle.ir.tensor.Quantization;
import dev.whittle.ir.tensor.Shape;
import dev.whittle.ir.tensor.Tensor;
import dev.whittle.ir.tensor.TensorType;
import dev.whittle.ir.tensor.TypedShape;
import java.util.Arrays;
import java.util.List;
import java.util.function.Predicate;

/** Typing and reference kernels of operators that compute each element by itself. */
public final class ElementwiseKernels {
  private ElementwiseKernels() {}

  /** Refuses everything but floats. */
  public static void requireFloats(Operands operands, int weights) {
    if (operands.type(0) != TensorType.FLOAT32 || operands.type(weights) != TensorType.FLOAT32) {
      throw OperandException.unsupported(
          "no kernel for %s input and %s weights", operands.type(0), operands.type(weights));
    }
  }

  @FunctionalInterface
  public interface FloatUnary {
    float apply(float x);
  }

  @FunctionalInterface
  public interface FloatBinary {
    float apply(float a, float b);
  }

  @FunctionalInterface
  public interface LongUnary {
    long apply(long x);
  }

  @FunctionalInterface
  public interface LongBinary {
    long apply(long a, long b);
  }

  /** The output of an operator that keeps the type and shape of its input. */
  public static List<TypedShape> sameAsInput(Operands operands) {
    return List.of(new TypedShape(operands.type(0), operands.shape(0)));
  }

  /** The output of a binary operator whose operands broadcast and have one type. */
  public static List<TypedShape> broadcast(Operands operands) {
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
  public static OperandException noKernel(Operands operands) {
    return OperandException.unsupported(
        "no kernel for %s%s",
        operands.type(0), operands.input(0).isQuantized() ? " (quantized)" : "");
  }

  public static Kernel floats(FloatUnary function) {
    return invocation -> {
      Tensor in = invocation.input(0);
      Tensor out = invocation.output(0);
      for (long i = 0; i < in.elements(); i++) {
        out.setFloat(i, function.apply(in.getFloat(i)));
      }
    };
  }

  /** For integers of any width; results wrap around. */
  public static Kernel integers(LongUnary function) {
    return invocation -> {
      Tensor in = invocation.input(0);
      Tensor out = invocation.output(0);
      for (long i = 0; i < in.elements(); i++) {
        out.setInteger(i, function.apply(in.getInteger(i)));
      }
    };
  }

  public static Kernel floats(FloatBinary function) {
    return pairs(
        (a, b, out) -> (k, i, j) -> out.setFloat(k, function.apply(a.getFloat(i), b.getFloat(j))));
  }

  /** For integers of any width; results wrap around. Also for booleans as 0 and 1. */
  public static Kernel integers(LongBinary function) {
    return pairs(
        (a, b, out) ->
            (k, i, j) -> out.setInteger(k, function.apply(a.getInteger(i), b.getInteger(j))));
  }

  /** A truth value for each pair of floats. */
  @FunctionalInterface
  public interface FloatRelation {
    boolean holds(float a, float b);
  }

  /** A truth value for each pair of integers. */
  @FunctionalInterface
  public interface LongRelation {
    boolean holds(long a, long b);
  }

  /** The output of a comparison. */
  public static List<TypedShape> booleanBroadcast(Operands operands) {
    return List.of(new TypedShape(TensorType.BOOL, broadcastShape(operands)));
  }

  private interface Pair {
    void store(long out, long a, long b);
  }

  private interface Pairing {
    Pair of(Tensor a, Tensor b, Tensor out);
  }

  /** Handles the indices of every output element and of the two that it comes from. */
  private static Kernel pairs(Pairing pairing) {
    var broadcast = new Broadcast();
    return invocation -> {
      Tensor a = invocation.input(0);
      Tensor b = invocation.input(1);
      Tensor out = invocation.output(0);
      Pair pair = pairing.of(a, b, out);
      broadcast.walk(
          out,
          (first, count, operands, steps) -> {
            long i = operands[0];
            long j = operands[1];
            for (long k = 0; k < count; k++) {
              pair.store(first + k, i, j);
              i += steps[0];
              j += steps[1];
            }
          },
          a,
          b);
    };
  }

  public static Kernel floatComparison(FloatRelation relation) {
    return pairs(
        (a, b, out) ->
            (k, i, j) -> out.setBoolean(k, relation.holds(a.getFloat(i), b.getFloat(j))));
  }

  public static Kernel comparison(LongRelation relation) {
    return pairs(
        (a, b, out) ->
            (k, i, j) -> out.setBoolean(k, relation.holds(a.getInteger(i), b.getInteger(j))));
  }

  /** Compares strings for equality. */
  public static Kernel stringComparison(Predicate<Boolean> relation) {
    return pairs(
        (a, b, out) -> {
          List<byte[]> left = a.strings();
          List<byte[]> right = b.strings();
          return (k, i, j) -> {
            boolean equal = Arrays.equals(left.get((int) i), right.get((int) j));
            out.setBoolean(k, relation.test(equal));
          };
        });
  }

  /** Compares quantized operands, each rescaled by its own parameters with 8 more bits. */
  public static Kernel quantizedComparison(Operands operands, LongRelation relation) {
    int shift = 8;
    Quantization left = operands.input(0).requireQuantization();
    Quantization right = operands.input(1).requireQuantization();
    var leftMultiplier = FixedPoint.Multiplier.of(left.scaleValue());
    var rightMultiplier = FixedPoint.Multiplier.of(right.scaleValue());
    int leftZero = left.zeroPointValue();
    int rightZero = right.zeroPointValue();
    return pairs(
        (a, b, out) ->
            (k, i, j) -> {
              int x = leftMultiplier.apply(((int) a.getInteger(i) - leftZero) << shift);
              int y = rightMultiplier.apply(((int) b.getInteger(j) - rightZero) << shift);
              out.setBoolean(k, relation.holds(x, y));
            });
  }

  /**
   * A function of one 8-bit or 16-bit quantized operand, computed in floats: the real number it
   * stands for in, the nearest stored integer out.
   */
  public static Kernel quantizedFunction(Operands operands, FloatUnary function) {
    Quantization in = operands.input(0).requireQuantization();
    Quantization out = operands.output(0).requireQuantization();
    Activation.Bounds bounds = Activation.Bounds.of(operands.type(0));
    int[] table = new int[bounds.high() - bounds.low() + 1];
    float inverse = 1 / out.scaleValue();
    for (int q = bounds.low(); q <= bounds.high(); q++) {
      float x = in.scaleValue() * (q - in.zeroPointValue());
      float y = FixedPoint.roundHalfAway(function.apply(x) * inverse) + out.zeroPointValue();
      table[q - bounds.low()] = (int) Math.min(Math.max(y, bounds.low()), bounds.high());
    }
    return integers((LongUnary) x -> table[(int) x - bounds.low()]);
  }

  /** A quantized operand rescaled to the output's parameters and clamped to real bounds. */
  public static Kernel requantizedClamp(Operands operands, float low, float high) {
    Quantization in = operands.input(0).requireQuantization();
    Quantization out = operands.output(0).requireQuantization();
    Activation.Bounds bounds = Activation.Bounds.of(operands.type(0));
    int least = Math.max(bounds.low(), quantize(low, out));
    int greatest =
        high == Float.POSITIVE_INFINITY
            ? bounds.high()
            : Math.min(bounds.high(), quantize(high, out));
    // Scales are divided in single precision, as the built-in kernels do.
    var multiplier = FixedPoint.Multiplier.of(in.scaleValue() / out.scaleValue());
    int inZero = in.zeroPointValue();
    int outZero = out.zeroPointValue();
    return integers(
        (LongUnary)
            x -> FixedPoint.clamp(multiplier.apply((int) x - inZero) + outZero, least, greatest));
  }

  private static int quantize(float x, Quantization quantization) {
    return quantization.zeroPointValue()
        + (int) FixedPoint.roundHalfAway(x / quantization.scaleValue());
  }

  public static float clamp(float x, float low, float high) {
    return Math.min(Math.max(x, low), high);
  }

  public static long divide(long a, long b) {
    requireNonZero(b);
    return a / b;
  }

  public static long floorDivide(long a, long b) {
    requireNonZero(b);
    return Math.floorDiv(a, b);
  }

  public static long floorModulo(long a, long b) {
    requireNonZero(b);
    return Math.floorMod(a, b);
  }

  public static float floorModulo(float a, float b) {
    float rest = a % b;
    return rest != 0 && (b < 0) != (rest < 0) ? rest + b : rest;
  }

  private static void requireNonZero(long divisor) {
    if (divisor == 0) {
      throw OperandException.invalid("division of a whole number by zero");
    }
  }

  /** {@code a^b} of whole numbers, which wraps around; b must not be negative. */
  public static long power(long a, long b) {
    if (b < 0) {
      throw OperandException.invalid("negative power %d of a whole number", b);
    }
    long result = 1;
    long square = a;
    for (long bits = b; bits > 0; bits >>= 1) {
      result *= (bits & 1) == 1 ? square : 1;
      square *= square;
    }
    return result;
  }

  /** {@code function} followed by an activation that is a clamp. */
  public static FloatBinary clampedFloats(FloatBinary function, Activation activation) {
    if (activation == Activation.NONE) {
      return function;
    }
    float low = activation.requireClamp().min();
    float high = activation.max();
    return (a, b) -> Math.min(Math.max(function.apply(a, b), low), high);
  }

  /** {@code function} on integers that stand for themselves, followed by a clamp. */
  public static LongBinary clampedIntegers(LongBinary function, Activation activation) {
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
}
