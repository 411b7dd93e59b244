package dev.whittle.ir.op.reduce;

import dev.whittle.ir.Op;
import dev.whittle.ir.OpType;
import dev.whittle.ir.Operands;
import dev.whittle.ir.Options;
import dev.whittle.ir.kernel.Kernel;
import dev.whittle.ir.tensor.TypedShape;
import java.util.List;

/**
 * The minima of the slices of operand 0 that have the same segment id in operand 1. Operand 2 is
 * the number of segments. Slices with a negative id are skipped.
 */
public record UnsortedSegmentMin() implements Op {
  public static final OpType<UnsortedSegmentMin> TYPE =
      OpType.of(
          "UNSORTED_SEGMENT_MIN",
          157,
          "UnsortedSegmentMinOptions",
          3,
          1,
          options -> new UnsortedSegmentMin());

  @Override
  public OpType<UnsortedSegmentMin> type() {
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
        double initial = SegmentKernels.emptyMin(operands.type(0));
        yield invocation ->
            SegmentKernels.reduce(invocation, initial, (m, x) -> x < m ? x : m, Math::min);
      }
      default -> throw operands.unsupportedType();
    };
  }
}
