package dev.whittle.ir.op.reduce;

import dev.whittle.ir.Op;
import dev.whittle.ir.OpType;
import dev.whittle.ir.Operands;
import dev.whittle.ir.Options;
import dev.whittle.ir.kernel.Kernel;
import dev.whittle.ir.tensor.TypedShape;
import java.util.List;

/**
 * The logical conjunction of the elements along the axes that operand 1 contains.
 *
 * @param keepDims whether reduced axes remain with size 1
 */
public record ReduceAll(boolean keepDims) implements Op {
  public static final OpType<ReduceAll> TYPE =
      OpType.of(
          "REDUCE_ALL",
          140,
          "ReducerOptions",
          2,
          1,
          options -> new ReduceAll(options.flag("keep_dims", false)));

  @Override
  public OpType<ReduceAll> type() {
    return TYPE;
  }

  @Override
  public Options options() {
    return Options.of(TYPE.optionTable()).with("keep_dims", keepDims);
  }

  @Override
  public List<TypedShape> infer(Operands operands) {
    return ReductionKernels.infer(operands, keepDims);
  }

  @Override
  public Kernel kernel(Operands operands) {
    return switch (operands.type(0)) {
      case BOOL -> ReductionKernels.integers(1, (all, x) -> all & x);
      default -> throw operands.unsupportedType();
    };
  }
}
