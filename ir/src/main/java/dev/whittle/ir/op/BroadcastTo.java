package dev.whittle.ir.op;

import dev.whittle.ir.Op;
import dev.whittle.ir.OpType;
import dev.whittle.ir.OperandException;
import dev.whittle.ir.Operands;
import dev.whittle.ir.Options;
import dev.whittle.ir.QuantizationRule;
import dev.whittle.ir.Shape;
import dev.whittle.ir.TensorType;
import dev.whittle.ir.TypedShape;
import dev.whittle.ir.kernel.Kernel;
import dev.whittle.ir.kernel.Tensor;
import java.util.List;

/** The operand broadcast to the shape that operand 1 holds. */
public record BroadcastTo() implements Op {
  public static final OpType<BroadcastTo> TYPE =
      OpType.of("BROADCAST_TO", 130, "BroadcastToOptions", 2, 1, options -> new BroadcastTo());

  @Override
  public OpType<BroadcastTo> type() {
    return TYPE;
  }

  @Override
  public Options options() {
    return Options.of(TYPE.optionTable());
  }

  @Override
  public List<TypedShape> infer(Operands operands) {
    long[] shape = operands.knownIntegers(1);
    if (shape == null) {
      Shape vector = operands.shape(1);
      boolean known = vector.isStatic() && vector.rank() == 1;
      Shape open = known ? Shapes.dynamic((int) vector.elements()) : Shape.UNKNOWN;
      return List.of(new TypedShape(operands.type(0), open));
    }
    Shape target = Shapes.ofContents(shape);
    Shape joined = Shapes.broadcast(operands.shape(0), target);
    if (joined.isStatic() && !joined.equals(target)) {
      throw OperandException.invalid("cannot broadcast %s to %s", operands.shape(0), target);
    }
    return List.of(new TypedShape(operands.type(0), target));
  }

  @Override
  public Kernel kernel(Operands operands) {
    Elements.requireMovable(operands.type(0));
    var broadcast = new Broadcast();
    return invocation -> {
      Tensor in = invocation.input(0);
      Tensor out = invocation.output(0);
      broadcast.walk(
          out,
          (first, count, from, steps) -> {
            for (long k = 0; k < count; k++) {
              Elements.copy(in, from[0] + k * steps[0], out, first + k, 1);
            }
          },
          in);
    };
  }

  @Override
  public int version(Operands operands) {
    return 2;
  }

  @Override
  public QuantizationRule quantizationRule() {
    return QuantizationRule.of(QuantizationRule.Scales.SHARED, TensorType.INT8, TensorType.INT16);
  }
}
