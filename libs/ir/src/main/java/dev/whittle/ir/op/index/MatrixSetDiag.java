package dev.whittle.ir.op.index;

import dev.whittle.ir.Op;
import dev.whittle.ir.OpType;
import dev.whittle.ir.Operands;
import dev.whittle.ir.Options;
import dev.whittle.ir.kernel.Kernel;
import dev.whittle.ir.op.common.OutputTypes;
import dev.whittle.ir.tensor.OperandException;
import dev.whittle.ir.tensor.Tensor;
import dev.whittle.ir.tensor.TypedShape;
import java.util.List;

/** The matrices in operand 0 with their diagonals replaced by the last axis of operand 1. */
public record MatrixSetDiag() implements Op {
  public static final OpType<MatrixSetDiag> TYPE =
      OpType.of(
          "MATRIX_SET_DIAG", 115, "MatrixSetDiagOptions", 2, 1, options -> new MatrixSetDiag());

  @Override
  public OpType<MatrixSetDiag> type() {
    return TYPE;
  }

  @Override
  public Options options() {
    return Options.of(TYPE.optionTable());
  }

  @Override
  public List<TypedShape> infer(Operands operands) {
    return OutputTypes.sameAsInput(operands);
  }

  @Override
  public Kernel kernel(Operands operands) {
    operands.type(0).requireWholeBytes();
    return invocation -> {
      Tensor in = invocation.input(0);
      Tensor diagonal = invocation.input(1);
      Tensor out = invocation.output(0);
      if (in.rank() < 2) {
        throw OperandException.invalid(
            "input has shape %s; expected at least 2 dimensions", in.shape());
      }
      int rows = in.dim(in.rank() - 2);
      int columns = in.dim(in.rank() - 1);
      int length = Math.min(rows, columns);
      out.data().copyFrom(in.data());
      long matrices = rows == 0 || columns == 0 ? 0 : in.elements() / ((long) rows * columns);
      if (diagonal.elements() != matrices * length) {
        throw OperandException.invalid(
            "the diagonal %s does not fit the matrices %s", diagonal.shape(), in.shape());
      }
      for (long m = 0; m < matrices; m++) {
        for (int i = 0; i < length; i++) {
          long target = (m * rows + i) * columns + i;
          Tensor.copy(diagonal, m * length + i, out, target, 1);
        }
      }
    };
  }
}
