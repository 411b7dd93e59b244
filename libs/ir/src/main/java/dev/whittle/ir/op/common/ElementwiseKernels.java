package dev.whittle.ir.op.common;

import dev.whittle.ir.Operands;
import dev.whittle.ir.kernel.FixedPoint;
import dev.whittle.ir.kernel.Kernel;
import dev.whittle.ir.op.Activation;
import dev.whittle.ir.tensor.Quantization;
import dev.whittle.ir.tensor.Tensor;
import dev.whittle.ir.tensor.TensorType;
import java.util.Arrays;
import java.util.List;
import java.util.function.DoubleBinaryOperator;
import java.util.function.DoubleUnaryOperator;

/**
 * Reference kernels of elementwise operators: a function of one element, or of two elements of
 * operands that broadcast to the output's shape.
 */
public final class ElementwiseKernels {
  /** Bits by which quantized operands are shifted left before a comparison. */
  private static final int COMPARISON_SHIFT = 8;

  private ElementwiseKernels() {}

  /** A function of a float. */
  @FunctionalInterface
  public interface FloatUnary {
    float apply(float x);
  }

  /** A function of two floats. */
  @FunctionalInterface
  public interface FloatBinary {
    float apply(float a, float b);
  }

  /** A function of an integer of any width. */
  @FunctionalInterface
  public interface LongUnary {
    long apply(long x);
  }

  /** A function of two integers of any width. */
  @FunctionalInterface
  public interface LongBinary {
    long apply(long a, long b);
  }

  /** A predicate of two floats. */
  @FunctionalInterface
  public interface FloatRelation {
    boolean holds(float a, float b);
  }

  /** A predicate of two integers of any width. */
  @FunctionalInterface
  public interface LongRelation {
    boolean holds(long a, long b);
  }

  /** A predicate of the equality of two strings: the identity or its negation. */
  @FunctionalInterface
  public interface EqualityTest {
    boolean holds(boolean equal);
  }

  /** Stores output element {@code out} computed from elements {@code a} and {@code b}. */
  private interface ElementStore {
    void store(long out, long a, long b);
  }

  /** Binds the computation of one element to the tensors of an invocation. */
  private interface Binding {
    ElementStore bind(Tensor a, Tensor b, Tensor out);
  }

  /**
   * Returns the kernel that applies a function to each float. Halves and brain floats are computed
   * in single precision, as the built-in kernels do.
   */
  public static Kernel unaryFloats(FloatUnary function) {
    return invocation -> {
      Tensor in = invocation.input(0);
      Tensor out = invocation.output(0);
      if (in.type() != TensorType.FLOAT32) {
        for (long i = 0; i < in.elements(); i++) {
          out.setReal(i, function.apply((float) in.getReal(i)));
        }
        return;
      }
      for (long i = 0; i < in.elements(); i++) {
        out.setFloat(i, function.apply(in.getFloat(i)));
      }
    };
  }

  /**
   * Returns the kernel that applies a function to each integer. The low bits of the result are
   * stored: it wraps around.
   */
  public static Kernel unaryIntegers(LongUnary function) {
    return invocation -> {
      Tensor in = invocation.input(0);
      Tensor out = invocation.output(0);
      for (long i = 0; i < in.elements(); i++) {
        out.setInteger(i, function.apply(in.getInteger(i)));
      }
    };
  }

  /** Returns the kernel that applies a function to each double. */
  public static Kernel unaryDoubles(DoubleUnaryOperator function) {
    return invocation -> {
      Tensor in = invocation.input(0);
      Tensor out = invocation.output(0);
      for (long i = 0; i < in.elements(); i++) {
        out.setReal(i, function.applyAsDouble(in.getReal(i)));
      }
    };
  }

  /** Returns the kernel that applies a function to each pair of doubles. */
  public static Kernel binaryDoubles(DoubleBinaryOperator function) {
    return binary(
        (a, b, out) ->
            (k, i, j) -> out.setReal(k, function.applyAsDouble(a.getReal(i), b.getReal(j))));
  }

  /**
   * Returns the kernel that applies a function to each pair of floats. Halves and brain floats are
   * computed in single precision, as the built-in kernels do.
   */
  public static Kernel binaryFloats(FloatBinary function) {
    return binary(
        (a, b, out) ->
            a.type() == TensorType.FLOAT32
                ? (k, i, j) -> out.setFloat(k, function.apply(a.getFloat(i), b.getFloat(j)))
                : (k, i, j) ->
                    out.setReal(k, function.apply((float) a.getReal(i), (float) b.getReal(j))));
  }

  /**
   * Returns the kernel that applies a function to each pair of integers, or of booleans as 0 and 1.
   * The low bits of the result are stored: it wraps around.
   */
  public static Kernel binaryIntegers(LongBinary function) {
    return binary(
        (a, b, out) ->
            (k, i, j) -> out.setInteger(k, function.apply(a.getInteger(i), b.getInteger(j))));
  }

  /** Returns the kernel of products of complex numbers, stored as pairs of floats. */
  public static Kernel complexProduct() {
    return binary(
        (a, b, out) ->
            (k, i, j) -> {
              float real = a.getFloat(2 * i);
              float imaginary = a.getFloat(2 * i + 1);
              float otherReal = b.getFloat(2 * j);
              float otherImaginary = b.getFloat(2 * j + 1);
              out.setFloat(2 * k, real * otherReal - imaginary * otherImaginary);
              out.setFloat(2 * k + 1, real * otherImaginary + imaginary * otherReal);
            });
  }

  /** Returns the kernel that compares floats. */
  public static Kernel compareFloats(FloatRelation relation) {
    return binary(
        (a, b, out) ->
            a.type() == TensorType.FLOAT32
                ? (k, i, j) -> out.setBoolean(k, relation.holds(a.getFloat(i), b.getFloat(j)))
                : (k, i, j) ->
                    out.setBoolean(k, relation.holds((float) a.getReal(i), (float) b.getReal(j))));
  }

  /** Returns the kernel that compares integers or booleans. */
  public static Kernel compareIntegers(LongRelation relation) {
    return binary(
        (a, b, out) ->
            (k, i, j) -> out.setBoolean(k, relation.holds(a.getInteger(i), b.getInteger(j))));
  }

  /** Returns the kernel that compares strings for equality, byte by byte. */
  public static Kernel compareStrings(EqualityTest relation) {
    return binary(
        (a, b, out) -> {
          List<byte[]> left = a.strings();
          List<byte[]> right = b.strings();
          return (k, i, j) -> {
            boolean equal = Arrays.equals(left.get((int) i), right.get((int) j));
            out.setBoolean(k, relation.holds(equal));
          };
        });
  }

  /**
   * Returns the kernel that compares quantized operands. Each is requantized by its own scale after
   * a shift by 8 bits, as in {@code comparisons.cc} of TensorFlow Lite.
   */
  public static Kernel compareQuantized(Operands operands, LongRelation relation) {
    Quantization left = operands.input(0).requireQuantization();
    Quantization right = operands.input(1).requireQuantization();
    var leftMultiplier = FixedPoint.Multiplier.of(left.scaleValue());
    var rightMultiplier = FixedPoint.Multiplier.of(right.scaleValue());
    int leftZero = left.zeroPointValue();
    int rightZero = right.zeroPointValue();
    return binary(
        (a, b, out) ->
            (k, i, j) -> {
              int x = leftMultiplier.apply(((int) a.getInteger(i) - leftZero) << COMPARISON_SHIFT);
              int y =
                  rightMultiplier.apply(((int) b.getInteger(j) - rightZero) << COMPARISON_SHIFT);
              out.setBoolean(k, relation.holds(x, y));
            });
  }

  private static Kernel binary(Binding binding) {
    var broadcast = new BroadcastIterator();
    return invocation -> {
      Tensor a = invocation.input(0);
      Tensor b = invocation.input(1);
      Tensor out = invocation.output(0);
      ElementStore element = binding.bind(a, b, out);
      broadcast.forEachRow(
          out,
          (first, count, operands, steps) -> {
            long i = operands[0];
            long j = operands[1];
            for (long k = 0; k < count; k++) {
              element.store(first + k, i, j);
              i += steps[0];
              j += steps[1];
            }
          },
          a,
          b);
    };
  }

  /**
   * Returns the kernel of a real function of a quantized operand, as the built-in kernels compute
   * it: of 8 bits by a table of all inputs, of 16 bits by a table that is interpolated.
   */
  public static Kernel functionByTable(Operands operands, FloatUnary function) {
    if (operands.type(0) != TensorType.INT16) {
      return quantizedFunction(operands, function);
    }
    Quantization in = operands.input(0).requireQuantization();
    Quantization out = operands.output(0).requireQuantization();
    InterpolatedTable table =
        InterpolatedTable.of(
            in.scaleValue(), in.zeroPointValue(), out.scaleValue(), x -> function.apply((float) x));
    return unaryIntegers(x -> table.lookUp((int) x));
  }

  /**
   * Returns the kernel of a real function of an 8-bit or 16-bit quantized operand: a lookup table
   * of the function of each dequantized input, quantized to the nearest output.
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
    return unaryIntegers(x -> table[(int) x - bounds.low()]);
  }

  /**
   * Returns the kernel that requantizes an operand to the output's parameters and clamps it.
   *
   * @param low the smallest real output
   * @param high the largest real output; infinity for no limit
   */
  public static Kernel requantizedClamp(Operands operands, float low, float high) {
    Quantization in = operands.input(0).requireQuantization();
    Quantization out = operands.output(0).requireQuantization();
    Activation.Bounds bounds = Activation.Bounds.of(operands.type(0));
    int min = Math.max(bounds.low(), quantize(low, out));
    int max =
        high == Float.POSITIVE_INFINITY
            ? bounds.high()
            : Math.min(bounds.high(), quantize(high, out));
    // Scales are divided in single precision, as the built-in kernels do.
    var multiplier = FixedPoint.Multiplier.of(in.scaleValue() / out.scaleValue());
    int inZero = in.zeroPointValue();
    int outZero = out.zeroPointValue();
    return unaryIntegers(
        x -> FixedPoint.clamp(multiplier.apply((int) x - inZero) + outZero, min, max));
  }

  private static int quantize(float x, Quantization quantization) {
    return quantization.zeroPointValue()
        + (int) FixedPoint.roundHalfAway(x / quantization.scaleValue());
  }
}
