package dev.whittle.ir.op.reduce;

import dev.whittle.ir.Op;
import dev.whittle.ir.OpType;
import dev.whittle.ir.Operands;
import dev.whittle.ir.Options;
import dev.whittle.ir.kernel.Kernel;
import dev.whittle.ir.tensor.TypedShape;
import java.util.List;

/**
 * The maxima of the slices of operand 0 that have the same segment id in operand 1. Operand 2 is
 * the number of segments. Slices with a negative id are skipped.
 */
public record UnsortedSegmentMax() implements Op {
  public static final OpType<UnsortedSegmentMax> TYPE =
      OpType.of(
          "UNSORTED_SEGMENT_MAX",
          154,
          "UnsortedSegmentMaxOptions",
          3,
          1,
          options -> new UnsortedSegmentMax());

  @Override
  public OpType<UnsortedSegmentMax> type() {
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
        double initial = SegmentKernels.emptyMax(operands.type(0));
        yield invocation ->
            SegmentKernels.reduce(invocation, initial, (m, x) -> m < x ? x : m, Math::max);
      }
      default -> throw operands.unsupportedType();
    };
  }
}
