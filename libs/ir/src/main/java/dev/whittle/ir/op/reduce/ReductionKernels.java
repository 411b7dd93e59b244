package dev.whittle.ir.op.reduce;

import dev.whittle.ir.Operands;
import dev.whittle.ir.kernel.FixedPoint;
import dev.whittle.ir.kernel.Invocation;
import dev.whittle.ir.kernel.Kernel;
import dev.whittle.ir.op.Activation;
import dev.whittle.ir.op.common.ElementwiseKernels;
import dev.whittle.ir.op.common.Shapes;
import dev.whittle.ir.tensor.Quantization;
import dev.whittle.ir.tensor.Shape;
import dev.whittle.ir.tensor.Tensor;
import dev.whittle.ir.tensor.TensorType;
import dev.whittle.ir.tensor.TypedShape;
import java.util.Arrays;
import java.util.List;

/** Shape inference and reference kernels of the operators that reduce axes. */
final class ReductionKernels {
  private ReductionKernels() {}

  static List<TypedShape> infer(Operands operands, boolean keepDims) {
    Shape shape = operands.shape(0);
    long[] axes = operands.knownIntegers(1);
    if (!shape.isRankKnown()) {
      return List.of(new TypedShape(operands.type(0), Shape.UNKNOWN));
    }
    if (axes == null) {
      Shape unknown = keepDims ? Shapes.dynamic(shape.rank()) : Shape.UNKNOWN;
      return List.of(new TypedShape(operands.type(0), unknown));
    }
    boolean[] reduced = reduced(axes, shape.rank());
    int[] dims = new int[shape.rank()];
    int rank = 0;
    for (int i = 0; i < shape.rank(); i++) {
      if (!reduced[i] || keepDims) {
        dims[rank++] = reduced[i] ? 1 : shape.dim(i);
      }
    }
    return List.of(new TypedShape(operands.type(0), Shape.of(Arrays.copyOf(dims, rank))));
  }

  private static boolean[] reduced(long[] axes, int rank) {
    boolean[] reduced = new boolean[rank];
    for (long axis : axes) {
      // Converters write axis 0 or -1 for a scalar, which has no axes.
      if (rank > 0) {
        reduced[Shapes.axis(axis, rank)] = true;
      }
    }
    return reduced;
  }

  /** Receives the index of an input element and of the output element that it is reduced into. */
  private interface Visitor {
    void visit(long input, long output);
  }

  /** Visits all input elements in row-major order. */
  private static void visit(Tensor in, boolean[] reduced, Visitor visitor) {
    int rank = in.rank();
    long[] strides = new long[rank];
    long stride = 1;
    for (int i = rank - 1; i >= 0; i--) {
      strides[i] = reduced[i] ? 0 : stride;
      stride *= reduced[i] ? 1 : in.dim(i);
    }
    int[] position = new int[rank];
    long out = 0;
    for (long i = 0; i < in.elements(); i++) {
      visitor.visit(i, out);
      for (int axis = rank - 1; axis >= 0; axis--) {
        out += strides[axis];
        if (++position[axis] < in.dim(axis)) {
          break;
        }
        out -= strides[axis] * in.dim(axis);
        position[axis] = 0;
      }
    }
  }

  private static boolean[] reducedAxes(Invocation invocation) {
    return reduced(invocation.input(1).toLongs(), invocation.input(0).rank());
  }

  /** Returns the kernel of an associative function of floats. */
  static Kernel floats(float initial, ElementwiseKernels.FloatBinary combine) {
    return invocation -> {
      Tensor in = invocation.input(0);
      Tensor out = invocation.output(0);
      for (long i = 0; i < out.elements(); i++) {
        out.setFloat(i, initial);
      }
      visit(
          in,
          reducedAxes(invocation),
          (i, o) -> out.setFloat(o, combine.apply(out.getFloat(o), in.getFloat(i))));
    };
  }

  /** Returns the kernel of an associative function of integers or booleans. */
  static Kernel integers(long initial, ElementwiseKernels.LongBinary combine) {
    return invocation -> {
      Tensor in = invocation.input(0);
      Tensor out = invocation.output(0);
      for (long i = 0; i < out.elements(); i++) {
        out.setInteger(i, initial);
      }
      visit(
          in,
          reducedAxes(invocation),
          (i, o) -> out.setInteger(o, combine.apply(out.getInteger(o), in.getInteger(i))));
    };
  }

  static Kernel floatMean() {
    Kernel sum = floats(0, (a, b) -> a + b);
    return invocation -> {
      sum.run(invocation);
      Tensor out = invocation.output(0);
      float count = (float) count(invocation);
      for (long i = 0; i < out.elements(); i++) {
        out.setFloat(i, out.getFloat(i) / count);
      }
    };
  }

  /** Returns the number of elements that are reduced to one. */
  private static long count(Invocation invocation) {
    boolean[] reduced = reducedAxes(invocation);
    Tensor in = invocation.input(0);
    long count = 1;
    for (int i = 0; i < reduced.length; i++) {
      count *= reduced[i] ? in.dim(i) : 1;
    }
    return count;
  }

  private static long[] sums(Invocation invocation) {
    Tensor in = invocation.input(0);
    long[] sums = new long[Math.toIntExact(invocation.output(0).elements())];
    visit(in, reducedAxes(invocation), (i, o) -> sums[(int) o] += in.getInteger(i));
    return sums;
  }

  /** Returns the divisor of means: at least 1, because the mean of no elements is 0. */
  private static long nonZeroCount(Invocation invocation) {
    return Math.max(1, count(invocation));
  }

  static Kernel integerMean() {
    return invocation -> {
      long count = nonZeroCount(invocation);
      long[] sums = sums(invocation);
      for (int i = 0; i < sums.length; i++) {
        invocation.output(0).setInteger(i, sums[i] / count);
      }
    };
  }

  static Kernel quantizedSum(Operands operands) {
    return invocation -> {
      var total = new QuantizedReduceSum(operands, count(invocation));
      long[] sums = sums(invocation);
      for (int i = 0; i < sums.length; i++) {
        invocation.output(0).setInteger(i, total.apply(sums[i]));
      }
    };
  }

  /**
   * Returns the kernel of products of quantized numbers. Each factor is scaled by the same root of
   * the whole scale, so that products do not overflow.
   */
  static Kernel quantizedProduct(Operands operands) {
    Quantization in = operands.input(0).requireQuantization();
    Quantization result = operands.output(0).requireQuantization();
    Activation.Bounds bounds = Activation.Bounds.of(operands.output(0).type());
    return invocation -> {
      Tensor input = invocation.input(0);
      Tensor out = invocation.output(0);
      double root = Math.pow(result.scaleValue(), 1.0 / count(invocation));
      var multiplier = FixedPoint.Multiplier.of(in.scaleValue() / root);
      int[] products = new int[Math.toIntExact(out.elements())];
      boolean[] begun = new boolean[products.length];
      visit(
          input,
          reducedAxes(invocation),
          (i, o) -> {
            int x = (int) input.getInteger(i) - in.zeroPointValue();
            int to = (int) o;
            products[to] = begun[to] ? multiplier.applyLong((long) products[to] * x) : x;
            begun[to] = true;
          });
      for (int o = 0; o < products.length; o++) {
        int scaled = multiplier.applyLong(products[o]);
        out.setInteger(o, bounds.clamp(scaled + result.zeroPointValue()));
      }
    };
  }

  static Kernel quantizedMean(Operands operands, boolean keepDims) {
    return invocation -> {
      int count = Math.toIntExact(nonZeroCount(invocation));
      long[] sums = sums(invocation);
      var mean =
          new QuantizedMean(
              operands,
              count,
              keepDims
                  && averagesImage(invocation.input(0).shape(), invocation.input(1).toLongs()));
      for (int i = 0; i < sums.length; i++) {
        invocation.output(0).setInteger(i, mean.apply(sums[i]));
      }
    };
  }

  /** Returns whether axes are the height and width of images. */
  static boolean averagesImage(Shape input, long[] axes) {
    return input.rank() == 4
        && axes.length == 2
        && Math.min(axes[0], axes[1]) == 1
        && Math.max(axes[0], axes[1]) == 2;
  }

  /** Returns the smallest number of a signed integer type or of UINT8. */
  static long min(TensorType type) {
    return type == TensorType.UINT8 ? 0 : -1L << (type.bits() - 1);
  }

  /** Returns the largest number of a signed integer type or of UINT8. */
  static long max(TensorType type) {
    return type == TensorType.UINT8 ? 255 : ~(-1L << (type.bits() - 1));
  }
}
