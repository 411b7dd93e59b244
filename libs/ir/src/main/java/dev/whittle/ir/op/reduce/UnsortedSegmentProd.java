package dev.whittle.ir.op.reduce;

import dev.whittle.ir.Op;
import dev.whittle.ir.OpType;
import dev.whittle.ir.Operands;
import dev.whittle.ir.Options;
import dev.whittle.ir.kernel.Kernel;
import dev.whittle.ir.tensor.TypedShape;
import java.util.List;

/**
 * The products of the slices of operand 0 that have one segment number in operand 1; operand 2 says
 * how many segments there are. Slices with a negative number are left out.
 */
public record UnsortedSegmentProd() implements Op {
  public static final OpType<UnsortedSegmentProd> TYPE =
      OpType.of(
          "UNSORTED_SEGMENT_PROD",
          153,
          "UnsortedSegmentProdOptions",
          3,
          1,
          options -> new UnsortedSegmentProd());

  @Override
  public OpType<UnsortedSegmentProd> type() {
    return TYPE;
  }

  @Override
  public Options options() {
    return Options.of(TYPE.optionTable());
  }

  @Override
  public List<TypedShape> infer(Operands operands) {
    return SegmentKernels.infer(operands);
  }

  @Override
  public Kernel kernel(Operands operands) {
    return switch (operands.type(0)) {
      case FLOAT32, INT32 -> {
        double initial = 1;
        yield invocation ->
            SegmentKernels.combine(invocation, initial, (a, b) -> a * b, (a, b) -> a * b);
      }
      default -> throw operands.unsupportedType();
    };
  }
}
