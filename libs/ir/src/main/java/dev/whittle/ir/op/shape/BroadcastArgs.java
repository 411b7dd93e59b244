package dev.whittle.ir.op.shape;

import dev.whittle.ir.Op;
import dev.whittle.ir.OpType;
import dev.whittle.ir.Operands;
import dev.whittle.ir.Options;
import dev.whittle.ir.kernel.Kernel;
import dev.whittle.ir.op.common.Shapes;
import dev.whittle.ir.tensor.Shape;
import dev.whittle.ir.tensor.TypedShape;
import java.util.List;

/** The shape that two shapes broadcast to. The operands contain the shapes. */
public record BroadcastArgs() implements Op {
  public static final OpType<BroadcastArgs> TYPE =
      OpType.of("BROADCAST_ARGS", 145, "", 2, 1, options -> new BroadcastArgs());

  @Override
  public OpType<BroadcastArgs> type() {
    return TYPE;
  }

  @Override
  public Options options() {
    return Options.of(TYPE.optionTable());
  }

  @Override
  public List<TypedShape> infer(Operands operands) {
    Shape a = operands.shape(0);
    Shape b = operands.shape(1);
    int length =
        a.isStatic() && b.isStatic() ? (int) Math.max(a.elements(), b.elements()) : Shape.DYNAMIC;
    return List.of(new TypedShape(operands.type(0), Shape.of(length)));
  }

  @Override
  public Kernel kernel(Operands operands) {
    return invocation -> {
      Shape a = Shapes.ofContents(invocation.input(0).toLongs());
      Shape b = Shapes.ofContents(invocation.input(1).toLongs());
      Shape result = Shapes.broadcast(a, b);
      for (int i = 0; i < result.rank(); i++) {
        invocation.output(0).setInteger(i, result.dim(i));
      }
    };
  }
}
