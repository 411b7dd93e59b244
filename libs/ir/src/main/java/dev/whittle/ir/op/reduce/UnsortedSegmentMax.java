package dev.whittle.ir.op.reduce;

import dev.whittle.ir.Op;
import dev.whittle.ir.OpType;
import dev.whittle.ir.Operands;
import dev.whittle.ir.Options;
import dev.whittle.ir.kernel.Kernel;
import dev.whittle.ir.tensor.TypedShape;
import java.util.List;

/**
 * The greatest elements of the slices of operand 0 that have one segment number in operand 1;
 * operand 2 says how many segments there are. Slices with a negative number are left out.
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
        double initial = SegmentKernels.least(operands.type(0));
        yield invocation -> SegmentKernels.combine(invocation, initial, Math::max, Math::max);
      }
      default -> throw operands.unsupportedType();
    };
  }
}
