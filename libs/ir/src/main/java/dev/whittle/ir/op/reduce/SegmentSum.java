package dev.whittle.ir.op.reduce;

import dev.whittle.ir.Op;
import dev.whittle.ir.OpType;
import dev.whittle.ir.Operands;
import dev.whittle.ir.Options;
import dev.whittle.ir.kernel.Kernel;
import dev.whittle.ir.op.common.ElementwiseKernels;
import dev.whittle.ir.tensor.OperandException;
import dev.whittle.ir.tensor.Shape;
import dev.whittle.ir.tensor.TypedShape;
import java.util.List;

/**
 * The sums of the slices of operand 0 that have the same segment id in operand 1. The ids are in
 * ascending order.
 */
public record SegmentSum() implements Op {
  public static final OpType<SegmentSum> TYPE =
      OpType.of("SEGMENT_SUM", 125, "SegmentSumOptions", 2, 1, options -> new SegmentSum());

  @Override
  public OpType<SegmentSum> type() {
    return TYPE;
  }

  @Override
  public Options options() {
    return Options.of(TYPE.optionTable());
  }

  @Override
  public List<TypedShape> infer(Operands operands) {
    Shape shape = operands.shape(0);
    if (!shape.isRankKnown() || shape.rank() == 0) {
      return List.of(new TypedShape(operands.type(0), Shape.UNKNOWN));
    }
    long[] segments = operands.knownIntegers(1);
    int[] dims = shape.toArray();
    dims[0] = segments == null ? Shape.DYNAMIC : count(segments);
    return List.of(new TypedShape(operands.type(0), Shape.of(dims)));
  }

  private static int count(long[] segments) {
    long previous = 0;
    for (long segment : segments) {
      if (segment < previous || segment >= Integer.MAX_VALUE) {
        throw OperandException.invalid(
            "segment id %d after %d; expected ascending ids of 0 to 2^31 - 2", segment, previous);
      }
      previous = segment;
    }
    return segments.length == 0 ? 0 : (int) previous + 1;
  }

  @Override
  public Kernel kernel(Operands operands) {
    ElementwiseKernels.LongBinary sum = Long::sum;
    return switch (operands.type(0)) {
      case FLOAT32, INT32 ->
          invocation -> {
            int[] dims = invocation.input(0).dims().clone();
            dims[0] = count(invocation.input(1).toLongs());
            invocation.output(0).resize(dims);
            SegmentKernels.reduce(invocation, 0, Float::sum, sum);
          };
      default -> throw operands.unsupportedType();
    };
  }
}
