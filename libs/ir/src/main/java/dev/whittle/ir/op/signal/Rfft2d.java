package dev.whittle.ir.op.signal;

import dev.whittle.ir.Op;
import dev.whittle.ir.OpType;
import dev.whittle.ir.Operands;
import dev.whittle.ir.Options;
import dev.whittle.ir.kernel.Kernel;
import dev.whittle.ir.tensor.OperandException;
import dev.whittle.ir.tensor.Shape;
import dev.whittle.ir.tensor.Tensor;
import dev.whittle.ir.tensor.TensorType;
import dev.whittle.ir.tensor.TypedShape;
import java.util.List;

/**
 * The 2-D discrete Fourier transform of real numbers along the last two axes, which are truncated
 * or zero-padded to the lengths in operand 1. The last axis of the output has the frequencies that
 * are not redundant.
 */
public record Rfft2d() implements Op {
  public static final OpType<Rfft2d> TYPE =
      OpType.of("RFFT2D", 131, "Rfft2dOptions", 2, 1, options -> new Rfft2d());

  @Override
  public OpType<Rfft2d> type() {
    return TYPE;
  }

  @Override
  public Options options() {
    return Options.of(TYPE.optionTable());
  }

  @Override
  public List<TypedShape> infer(Operands operands) {
    Shape shape = operands.shape(0);
    long[] lengths = operands.knownIntegers(1);
    if (!shape.isRankKnown()) {
      return List.of(new TypedShape(TensorType.COMPLEX64, Shape.UNKNOWN));
    }
    if (shape.rank() < 2 || (lengths != null && lengths.length != 2)) {
      throw OperandException.invalid(
          "input %s; expected at least 2 dimensions and 2 lengths in operand 1", shape);
    }
    int[] dims = shape.toArray();
    dims[dims.length - 2] = lengths == null ? Shape.DYNAMIC : length(lengths[0]);
    dims[dims.length - 1] = lengths == null ? Shape.DYNAMIC : length(lengths[1]) / 2 + 1;
    return List.of(new TypedShape(TensorType.COMPLEX64, Shape.of(dims)));
  }

  private static int length(long length) {
    if (length < 1 || length > 1 << 20 || Long.bitCount(length) != 1) {
      throw OperandException.invalid(
          "a transform of length %d; expected a power of two up to 2^20", length);
    }
    return (int) length;
  }

  @Override
  public Kernel kernel(Operands operands) {
    if (operands.type(0) != TensorType.FLOAT32) {
      throw operands.unsupportedType();
    }
    return invocation -> {
      Tensor in = invocation.input(0);
      Tensor out = invocation.output(0);
      int rows = length(invocation.input(1).getInteger(0));
      int columns = length(invocation.input(1).getInteger(1));
      FourierTransform.real(in, out, rows, columns);
    };
  }
}
