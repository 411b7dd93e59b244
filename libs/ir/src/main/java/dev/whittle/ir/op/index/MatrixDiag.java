package dev.whittle.ir.op.index;

import dev.whittle.ir.Op;
import dev.whittle.ir.OpType;
import dev.whittle.ir.Operands;
import dev.whittle.ir.Options;
import dev.whittle.ir.kernel.Kernel;
import dev.whittle.ir.tensor.OperandException;
import dev.whittle.ir.tensor.Shape;
import dev.whittle.ir.tensor.Tensor;
import dev.whittle.ir.tensor.TypedShape;
import java.util.Arrays;
import java.util.List;

/** Square matrices with the operand's last axis as their diagonals and zeros elsewhere. */
public record MatrixDiag() implements Op {
  public static final OpType<MatrixDiag> TYPE =
      OpType.of("MATRIX_DIAG", 113, "MatrixDiagOptions", 1, 1, options -> new MatrixDiag());

  @Override
  public OpType<MatrixDiag> type() {
    return TYPE;
  }

  @Override
  public Options options() {
    return Options.of(TYPE.optionTable());
  }

  @Override
  public List<TypedShape> infer(Operands operands) {
    Shape shape = operands.shape(0);
    if (!shape.isRankKnown()) {
      return List.of(new TypedShape(operands.type(0), Shape.UNKNOWN));
    }
    if (shape.rank() < 1) {
      throw OperandException.invalid("input is a scalar; expected at least 1 dimension");
    }
    int[] dims = Arrays.copyOf(shape.toArray(), shape.rank() + 1);
    dims[shape.rank()] = dims[shape.rank() - 1];
    return List.of(new TypedShape(operands.type(0), Shape.of(dims)));
  }

  @Override
  public Kernel kernel(Operands operands) {
    operands.type(0).requireWholeBytes();
    return invocation -> {
      Tensor in = invocation.input(0);
      Tensor out = invocation.output(0);
      int n = in.dim(in.rank() - 1);
      out.data().fill((byte) 0);
      for (long i = 0; i < in.elements(); i++) {
        Tensor.copy(in, i, out, i * n + i % n, 1);
      }
    };
  }
}
