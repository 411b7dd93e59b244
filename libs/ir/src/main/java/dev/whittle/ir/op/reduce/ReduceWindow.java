package dev.whittle.ir.op.reduce;

import dev.whittle.ir.Op;
import dev.whittle.ir.OpType;
import dev.whittle.ir.Operands;
import dev.whittle.ir.Options;
import dev.whittle.ir.kernel.Invocation;
import dev.whittle.ir.kernel.Kernel;
import dev.whittle.ir.op.common.Shapes;
import dev.whittle.ir.tensor.OperandException;
import dev.whittle.ir.tensor.Shape;
import dev.whittle.ir.tensor.Tensor;
import dev.whittle.ir.tensor.TypedShape;
import java.util.List;
import java.util.function.DoubleBinaryOperator;
import java.util.function.LongBinaryOperator;

/**
 * Combines what a window sees at each of its places, within the tensor only. Operands: the tensor,
 * what to begin with, and the window's extents, strides and dilations, one per axis.
 *
 * @param function 1 sum, 2 product, 3 least, 4 greatest, 5 all, 6 any
 */
public record ReduceWindow(int function) implements Op {
  public static final OpType<ReduceWindow> TYPE =
      OpType.of(
          "REDUCE_WINDOW",
          205,
          "ReduceWindowOptions",
          5,
          1,
          options -> new ReduceWindow(options.integer("reduce_function", 0)));

  @Override
  public OpType<ReduceWindow> type() {
    return TYPE;
  }

  @Override
  public Options options() {
    return Options.of(TYPE.optionTable()).with("reduce_function", function);
  }

  @Override
  public List<TypedShape> infer(Operands operands) {
    Shape shape = operands.shape(0);
    if (!shape.isRankKnown()) {
      return List.of(new TypedShape(operands.type(0), Shape.UNKNOWN));
    }
    long[] window = operands.knownIntegers(2);
    long[] strides = operands.knownIntegers(3);
    long[] dilations = operands.knownIntegers(4);
    if (window == null || strides == null || dilations == null) {
      return List.of(new TypedShape(operands.type(0), Shapes.dynamic(shape.rank())));
    }
    int[] dims = shape.toArray();
    if (window.length != dims.length
        || strides.length != dims.length
        || dilations.length != dims.length) {
      throw OperandException.invalid("a window of %d axes over %s", window.length, shape);
    }
    for (int i = 0; i < dims.length; i++) {
      if (window[i] < 1 || strides[i] < 1 || dilations[i] < 1) {
        throw OperandException.invalid(
            "a window of %d, stride %d, dilation %d", window[i], strides[i], dilations[i]);
      }
      long reach = Math.addExact(Math.multiplyExact(window[i] - 1, dilations[i]), 1);
      if (dims[i] != Shape.DYNAMIC) {
        dims[i] = dims[i] < reach ? 0 : Math.toIntExact((dims[i] - reach) / strides[i] + 1);
      }
    }
    return List.of(new TypedShape(operands.type(0), Shape.of(dims)));
  }

  @Override
  public Kernel kernel(Operands operands) {
    boolean logical = function == 5 || function == 6;
    return switch (operands.type(0)) {
      case FLOAT32 -> {
        DoubleBinaryOperator combine = reals();
        yield invocation ->
            run(
                invocation,
                (out, o, in, i) ->
                    out.setFloat(
                        o, (float) combine.applyAsDouble(out.getFloat(o), in.getFloat(i))));
      }
      case INT8, UINT8, INT16, INT32, INT64 -> {
        LongBinaryOperator combine = integers();
        yield invocation ->
            run(
                invocation,
                (out, o, in, i) ->
                    out.setInteger(o, combine.applyAsLong(out.getInteger(o), in.getInteger(i))));
      }
      case BOOL -> {
        if (!logical) {
          throw operands.unsupportedType();
        }
        yield invocation ->
            run(
                invocation,
                (out, o, in, i) ->
                    out.setBoolean(
                        o,
                        function == 5
                            ? out.getBoolean(o) && in.getBoolean(i)
                            : out.getBoolean(o) || in.getBoolean(i)));
      }
      default -> throw operands.unsupportedType();
    };
  }

  private DoubleBinaryOperator reals() {
    return switch (function) {
      case 1 -> (a, b) -> a + b;
      case 2 -> (a, b) -> a * b;
      case 3 -> Math::min;
      case 4 -> Math::max;
      default -> throw OperandException.unsupported("no function %d of floats", function);
    };
  }

  private LongBinaryOperator integers() {
    return switch (function) {
      case 1 -> Long::sum;
      case 2 -> (a, b) -> a * b;
      case 3 -> Math::min;
      case 4 -> Math::max;
      default -> throw OperandException.unsupported("no function %d of integers", function);
    };
  }

  /** Takes one more element into a result. */
  private interface Step {
    void add(Tensor out, long o, Tensor in, long i);
  }

  private static void run(Invocation invocation, Step step) {
    Tensor in = invocation.input(0);
    Tensor out = invocation.output(0);
    int rank = in.rank();
    int[] window = new int[rank];
    for (int i = 0; i < rank; i++) {
      window[i] = Math.toIntExact(invocation.input(2).getInteger(i));
    }
    Tensor strides = invocation.input(3);
    Tensor dilations = invocation.input(4);
    Shapes.forEachPosition(
        out.dims(),
        (o, place) -> {
          Tensor.copy(invocation.input(1), 0, out, o, 1);
          int[] at = place.clone();
          Shapes.forEachPosition(
              window,
              (w, offset) -> {
                long from = 0;
                for (int i = 0; i < rank; i++) {
                  long along = at[i] * strides.getInteger(i) + offset[i] * dilations.getInteger(i);
                  from = from * in.dim(i) + along;
                }
                step.add(out, o, in, from);
              });
        });
  }
}
