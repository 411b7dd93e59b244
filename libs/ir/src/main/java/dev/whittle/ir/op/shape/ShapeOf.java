package dev.whittle.ir.op.shape;

import dev.whittle.ir.Op;
import dev.whittle.ir.OpType;
import dev.whittle.ir.Operands;
import dev.whittle.ir.Options;
import dev.whittle.ir.QuantizationRule;
import dev.whittle.ir.kernel.Kernel;
import dev.whittle.ir.tensor.Shape;
import dev.whittle.ir.tensor.TensorType;
import dev.whittle.ir.tensor.TypedShape;
import java.util.List;

/**
 * The shape of the operand, a vector.
 *
 * @param outputType INT32 or INT64; if the declared output has another type, that one counts
 */
public record ShapeOf(TensorType outputType) implements Op {
  public static final OpType<ShapeOf> TYPE =
      OpType.of(
          "SHAPE",
          77,
          "ShapeOptions",
          1,
          1,
          options -> new ShapeOf(options.tensorType("out_type", TensorType.FLOAT32)));

  @Override
  public OpType<ShapeOf> type() {
    return TYPE;
  }

  @Override
  public Options options() {
    return Options.of(TYPE.optionTable()).with("out_type", outputType.code());
  }

  @Override
  public List<TypedShape> infer(Operands operands) {
    Shape shape = operands.shape(0);
    int rank = shape.isRankKnown() ? shape.rank() : Shape.DYNAMIC;
    TensorType type = operands.outputCount() > 0 ? operands.output(0).type() : outputType;
    return List.of(new TypedShape(type, Shape.of(rank)));
  }

  @Override
  public Kernel kernel(Operands operands) {
    return invocation -> {
      int[] dims = invocation.input(0).dims();
      for (int i = 0; i < dims.length; i++) {
        invocation.output(0).setInteger(i, dims[i]);
      }
    };
  }

  @Override
  public boolean readsOnlyShapes() {
    return true;
  }

  @Override
  public QuantizationRule quantizationRule() {
    return QuantizationRule.of(QuantizationRule.Scales.NONE, TensorType.INT8, TensorType.INT16);
  }
}
