package dev.whittle.ir.op;

import dev.whittle.ir.Op;
import dev.whittle.ir.OpType;
import dev.whittle.ir.Operands;
import dev.whittle.ir.Options;
import dev.whittle.ir.QuantizationRule;
import dev.whittle.ir.TensorType;
import dev.whittle.ir.TypedShape;
import dev.whittle.ir.kernel.Kernel;
import dev.whittle.ir.kernel.Tensor;
import java.util.List;

/** The operand turned round along the axes that operand 1 lists. */
public record ReverseV2() implements Op {
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
    return Elementwise.sameAsInput(operands);
  }

  @Override
  public Kernel kernel(Operands operands) {
    Elements.requireMovable(operands.type(0));
    return invocation -> {
      Tensor in = invocation.input(0);
      long[] strides = Shapes.strides(in.dims());
      long first = 0;
      for (long axis : invocation.input(1).toLongs()) {
        int place = Shapes.axis(axis, in.rank());
        first += strides[place] * (in.dim(place) - 1);
        strides[place] = -strides[place];
      }
      Tensor out = invocation.output(0);
      Shapes.forEachIndex(out.dims(), strides, first, (o, i) -> Elements.copy(in, i, out, o, 1));
    };
  }

  @Override
  public QuantizationRule quantizationRule() {
    return QuantizationRule.of(QuantizationRule.Scales.SHARED, TensorType.INT8);
  }
}
