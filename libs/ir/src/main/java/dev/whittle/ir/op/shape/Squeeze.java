package dev.whittle.ir.op.shape;

import dev.whittle.ir.Op;
import dev.whittle.ir.OpType;
import dev.whittle.ir.Operands;
import dev.whittle.ir.Options;
import dev.whittle.ir.QuantizationRule;
import dev.whittle.ir.kernel.Kernel;
import dev.whittle.ir.op.common.Shapes;
import dev.whittle.ir.tensor.OperandException;
import dev.whittle.ir.tensor.Shape;
import dev.whittle.ir.tensor.TensorType;
import dev.whittle.ir.tensor.TypedShape;
import java.util.ArrayList;
import java.util.List;

/**
 * The removal of dimensions of size 1.
 *
 * @param axes the axes to remove; empty for all of size 1
 */
public record Squeeze(List<Integer> axes) implements Op {
  public static final OpType<Squeeze> TYPE =
      OpType.of("SQUEEZE", 43, "SqueezeOptions", 1, 1, Squeeze::decode);

  public Squeeze {
    axes = List.copyOf(axes);
  }

  private static Squeeze decode(Options options) {
    List<Integer> axes = options.integers("squeeze_dims");
    return new Squeeze(axes == null ? List.of() : axes);
  }

  @Override
  public OpType<Squeeze> type() {
    return TYPE;
  }

  @Override
  public Options options() {
    return Options.of(TYPE.optionTable()).with("squeeze_dims", axes);
  }

  @Override
  public List<TypedShape> infer(Operands operands) {
    Shape shape = operands.shape(0);
    if (!shape.isRankKnown() || (axes.isEmpty() && !shape.isStatic())) {
      return List.of(new TypedShape(operands.type(0), Shape.UNKNOWN));
    }
    boolean[] removed = new boolean[shape.rank()];
    for (int axis : axes) {
      removed[Shapes.axis(axis, shape.rank())] = true;
    }
    List<Integer> dims = new ArrayList<>();
    for (int i = 0; i < removed.length; i++) {
      int dimension = shape.dim(i);
      if (removed[i] && dimension != 1 && dimension != Shape.DYNAMIC) {
        throw OperandException.invalid(
            "cannot remove axis %d of %s; expected a size of 1", i, shape);
      }
      if (!(removed[i] || (axes.isEmpty() && dimension == 1))) {
        dims.add(dimension);
      }
    }
    Shape squeezed = Shape.of(dims.stream().mapToInt(Integer::intValue).toArray());
    return List.of(new TypedShape(operands.type(0), squeezed));
  }

  @Override
  public Kernel kernel(Operands operands) {
    return invocation -> invocation.output(0).copyBytesFrom(invocation.input(0));
  }

  @Override
  public QuantizationRule quantizationRule() {
    return QuantizationRule.of(QuantizationRule.Scales.SHARED, TensorType.INT8, TensorType.INT16);
  }
}
