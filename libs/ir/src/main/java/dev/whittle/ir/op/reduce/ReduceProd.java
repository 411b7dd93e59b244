package dev.whittle.ir.op.reduce;

import dev.whittle.ir.Op;
import dev.whittle.ir.OpType;
import dev.whittle.ir.Operands;
import dev.whittle.ir.Options;
import dev.whittle.ir.kernel.Kernel;
import dev.whittle.ir.tensor.TypedShape;
import java.util.List;

/**
 * The product along the axes that operand 1 contains.
 *
 * @param keepDims whether reduced axes remain with size 1
 */
public record ReduceProd(boolean keepDims) implements Op {
  public static final OpType<ReduceProd> TYPE =
      OpType.of(
          "REDUCE_PROD",
          81,
          "ReducerOptions",
          2,
          1,
          options -> new ReduceProd(options.flag("keep_dims", false)));

  @Override
  public OpType<ReduceProd> type() {
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
      case FLOAT32 -> ReductionKernels.floats(1, (product, x) -> product * x);
      case INT8, INT16 ->
          operands.input(0).isQuantized()
              ? ReductionKernels.quantizedProduct(operands)
              : ReductionKernels.integers(1, (product, x) -> product * x);
      case UINT8, INT32, INT64 -> ReductionKernels.integers(1, (product, x) -> product * x);
      default -> throw operands.unsupportedType();
    };
  }
}
