package dev.whittle.ir.op.shape;

import dev.whittle.ir.OpType;
import dev.whittle.ir.Operands;
import dev.whittle.ir.Options;
import dev.whittle.ir.QuantizationRule;
import dev.whittle.ir.kernel.Kernel;
import dev.whittle.ir.op.common.OutputTypes;
import dev.whittle.ir.op.common.Shapes;
import dev.whittle.ir.tensor.Shape;
import dev.whittle.ir.tensor.TensorType;
import dev.whittle.ir.tensor.TypedShape;
import java.util.List;
import java.util.function.IntFunction;

/** The reversal of operand 0 along the axes that operand 1 contains. */
public record ReverseV2() implements StridedViewOp {
  public static final OpType<ReverseV2> TYPE =
      OpType.of("REVERSE_V2", 105, "ReverseV2Options", 2, 1, options -> new ReverseV2());

  @Override
  public OpType<ReverseV2> type() {
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
    return StridedView.kernel(this);
  }

  @Override
  public StridedView view(Shape in, Shape out, IntFunction<long[]> contents) {
    long[] strides = Shapes.strides(in.toArray());
    long offset = 0;
    for (long axis : contents.apply(1)) {
      int reversed = Shapes.axis(axis, in.rank());
      offset += strides[reversed] * (in.dim(reversed) - 1);
      strides[reversed] = -strides[reversed];
    }
    return new StridedView(out.toArray(), strides, offset);
  }

  @Override
  public QuantizationRule quantizationRule() {
    return QuantizationRule.of(QuantizationRule.Scales.SHARED, TensorType.INT8);
  }
}
