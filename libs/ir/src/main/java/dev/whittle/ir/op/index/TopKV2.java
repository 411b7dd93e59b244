package dev.whittle.ir.op.index;

import dev.whittle.ir.Op;
import dev.whittle.ir.OpType;
import dev.whittle.ir.Operands;
import dev.whittle.ir.Options;
import dev.whittle.ir.QuantizationRule;
import dev.whittle.ir.kernel.Kernel;
import dev.whittle.ir.tensor.OperandException;
import dev.whittle.ir.tensor.Shape;
import dev.whittle.ir.tensor.TensorType;
import dev.whittle.ir.tensor.TypedShape;
import java.util.Arrays;
import java.util.List;

/**
 * The k largest elements of each row along the last axis, in descending order, and their indices.
 * Among equal elements, the first one precedes. Operand 1 is k.
 */
public record TopKV2() implements Op {
  public static final OpType<TopKV2> TYPE =
      OpType.of("TOPK_V2", 48, "TopKV2Options", 2, 2, options -> new TopKV2());

  @Override
  public OpType<TopKV2> type() {
    return TYPE;
  }

  @Override
  public Options options() {
    return Options.of(TYPE.optionTable());
  }

  @Override
  public List<TypedShape> infer(Operands operands) {
    Shape shape = operands.shape(0);
    TensorType indexType =
        operands.outputCount() > 1 ? operands.output(1).type() : TensorType.INT32;
    long[] k = operands.knownIntegers(1);
    if (!shape.isRankKnown()) {
      return List.of(
          new TypedShape(operands.type(0), Shape.UNKNOWN),
          new TypedShape(indexType, Shape.UNKNOWN));
    }
    if (shape.rank() == 0) {
      throw OperandException.invalid("input is a scalar; expected at least 1 dimension");
    }
    int[] dims = shape.toArray();
    int row = dims[dims.length - 1];
    dims[dims.length - 1] = k == null || k.length == 0 ? Shape.DYNAMIC : Math.toIntExact(k[0]);
    if (k != null && (k.length != 1 || k[0] < 0 || (row != Shape.DYNAMIC && k[0] > row))) {
      throw OperandException.invalid(
          "k is %s; expected one number from 0 to the row length %d", Arrays.toString(k), row);
    }
    Shape selected = Shape.of(dims);
    return List.of(new TypedShape(operands.type(0), selected), new TypedShape(indexType, selected));
  }

  @Override
  public Kernel kernel(Operands operands) {
    return switch (operands.type(0)) {
      case FLOAT32 -> new TopKKernels.Floats();
      case INT8, UINT8, INT16, INT32, INT64 -> new TopKKernels.Integers();
      default -> throw operands.unsupportedType();
    };
  }

  @Override
  public int version(Operands operands) {
    return switch (operands.type(0)) {
      case INT8, UINT8 -> 2;
      default -> 1;
    };
  }

  @Override
  public QuantizationRule quantizationRule() {
    return QuantizationRule.of(QuantizationRule.Scales.SHARED, TensorType.INT8);
  }
}
