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
import java.util.Arrays;
import java.util.List;
import java.util.function.DoubleBinaryOperator;
import java.util.function.LongBinaryOperator;

/**
 * The reduction of sliding windows, without padding. The operands are the tensor, the initial
 * value, and the dimensions, strides and dilations of the window along each axis.
 *
 * @param function 1 for the sum, 2 product, 3 minimum, 4 maximum, 5 conjunction, 6 disjunction
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
      throw OperandException.invalid(
          "window %s, strides %s and dilations %s; expected a number for each axis of %s",
          Arrays.toString(window), Arrays.toString(strides), Arrays.toString(dilations), shape);
    }
    for (int i = 0; i < dims.length; i++) {
      if (window[i] < 1 || strides[i] < 1 || dilations[i] < 1) {
        throw OperandException.invalid(
            "window size %d, stride %d and dilation %d of axis %d; expected at least 1",
            window[i], strides[i], dilations[i], i);
      }
      long dilatedSize = Math.addExact(Math.multiplyExact(window[i] - 1, dilations[i]), 1);
      if (dims[i] != Shape.DYNAMIC) {
        dims[i] =
            dims[i] < dilatedSize ? 0 : Math.toIntExact((dims[i] - dilatedSize) / strides[i] + 1);
      }
    }
    return List.of(new TypedShape(operands.type(0), Shape.of(dims)));
  }

  @Override
  public Kernel kernel(Operands operands) {
    boolean logical = function == 5 || function == 6;
    return switch (operands.type(0)) {
      case FLOAT32 -> {
        DoubleBinaryOperator combine = floatFunction();
        yield invocation ->
            run(
                invocation,
                (out, o, in, i) ->
                    out.setFloat(
                        o, (float) combine.applyAsDouble(out.getFloat(o), in.getFloat(i))));
      }
      case FLOAT64 -> {
        DoubleBinaryOperator combine = floatFunction();
        yield invocation ->
            run(
                invocation,
                (out, o, in, i) ->
                    out.setReal(o, combine.applyAsDouble(out.getReal(o), in.getReal(i))));
      }
      case INT8, UINT8, INT16, INT32, INT64 -> {
        LongBinaryOperator combine = integerFunction();
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

  private DoubleBinaryOperator floatFunction() {
    return switch (function) {
      case 1 -> (a, b) -> a + b;
      case 2 -> (a, b) -> a * b;
      case 3 -> Math::min;
      case 4 -> Math::max;
      default ->
          throw OperandException.unsupported(
              "no kernel for reduce function %d of floats", function);
    };
  }

  private LongBinaryOperator integerFunction() {
    return switch (function) {
      case 1 -> Long::sum;
      case 2 -> (a, b) -> a * b;
      case 3 -> Math::min;
      case 4 -> Math::max;
      default ->
          throw OperandException.unsupported(
              "no kernel for reduce function %d of integers", function);
    };
  }

  /** The accumulation of an element of {@code in} into one of {@code out}. */
  private interface Accumulation {
    void add(Tensor out, long o, Tensor in, long i);
  }

  private static void run(Invocation invocation, Accumulation accumulation) {
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
        (o, outPosition) -> {
          Tensor.copy(invocation.input(1), 0, out, o, 1);
          int[] start = outPosition.clone();
          Shapes.forEachPosition(
              window,
              (w, offset) -> {
                long from = 0;
                for (int i = 0; i < rank; i++) {
                  long coordinate =
                      start[i] * strides.getInteger(i) + offset[i] * dilations.getInteger(i);
                  from = from * in.dim(i) + coordinate;
                }
                accumulation.add(out, o, in, from);
              });
        });
  }
}
