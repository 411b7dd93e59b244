package dev.whittle.ir.op.index;

import dev.whittle.ir.Op;
import dev.whittle.ir.OpType;
import dev.whittle.ir.Operands;
import dev.whittle.ir.Options;
import dev.whittle.ir.kernel.Kernel;
import dev.whittle.ir.op.common.Shapes;
import dev.whittle.ir.tensor.Shape;
import dev.whittle.ir.tensor.Tensor;
import dev.whittle.ir.tensor.TensorType;
import dev.whittle.ir.tensor.TypedShape;
import java.util.List;

/** The coordinates of the elements that are not zero, an INT64 row for each. */
public record Where() implements Op {
  public static final OpType<Where> TYPE =
      OpType.of("WHERE", 109, "WhereOptions", 1, 1, options -> new Where());

  @Override
  public OpType<Where> type() {
    return TYPE;
  }

  @Override
  public Options options() {
    return Options.of(TYPE.optionTable());
  }

  @Override
  public List<TypedShape> infer(Operands operands) {
    Shape shape = operands.shape(0);
    int rank = shape.isRankKnown() ? shape.rank() : Shape.DYNAMIC;
    return List.of(new TypedShape(TensorType.INT64, Shape.of(Shape.DYNAMIC, rank)));
  }

  @Override
  public Kernel kernel(Operands operands) {
    return invocation -> {
      Tensor in = invocation.input(0);
      Tensor out = invocation.output(0);
      int count = 0;
      for (long i = 0; i < in.elements(); i++) {
        count += in.getReal(i) != 0 ? 1 : 0;
      }
      out.resize(count, in.rank());
      long[] next = {0};
      Shapes.forEachPosition(
          in.dims(),
          (i, position) -> {
            if (in.getReal(i) != 0) {
              for (int coordinate : position) {
                out.setLong(next[0]++, coordinate);
              }
            }
          });
    };
  }
}
