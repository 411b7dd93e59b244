package dev.whittle.ir.op.index;

import dev.whittle.ir.Op;
import dev.whittle.ir.OpType;
import dev.whittle.ir.Operands;
import dev.whittle.ir.Options;
import dev.whittle.ir.QuantizationRule;
import dev.whittle.ir.kernel.Kernel;
import dev.whittle.ir.op.common.Shapes;
import dev.whittle.ir.tensor.OperandException;
import dev.whittle.ir.tensor.Shape;
import dev.whittle.ir.tensor.Tensor;
import dev.whittle.ir.tensor.TensorType;
import dev.whittle.ir.tensor.TypedShape;
import java.util.ArrayList;
import java.util.List;

/** The slices of operand 0 at the coordinates in the last axis of operand 1. */
public record GatherNd() implements Op {
  public static final OpType<GatherNd> TYPE =
      OpType.of("GATHER_ND", 107, "GatherNdOptions", 2, 1, options -> new GatherNd());

  @Override
  public OpType<GatherNd> type() {
    return TYPE;
  }

  @Override
  public Options options() {
    return Options.of(TYPE.optionTable());
  }

  @Override
  public List<TypedShape> infer(Operands operands) {
    Shape params = operands.shape(0);
    Shape indices = operands.shape(1);
    if (!params.isRankKnown() || !indices.isRankKnown()) {
      return List.of(new TypedShape(operands.type(0), Shape.UNKNOWN));
    }
    if (indices.rank() == 0) {
      throw OperandException.invalid("operand 1 is a scalar; expected a last axis of coordinates");
    }
    int depth = indices.dim(indices.rank() - 1);
    if (depth == Shape.DYNAMIC) {
      return List.of(new TypedShape(operands.type(0), Shape.UNKNOWN));
    }
    if (depth > params.rank()) {
      throw OperandException.invalid(
          "%d coordinates for %s; expected at most its rank", depth, params);
    }
    int[] dims = new int[indices.rank() - 1 + params.rank() - depth];
    for (int i = 0; i < dims.length; i++) {
      boolean fromIndices = i < indices.rank() - 1;
      dims[i] = fromIndices ? indices.dim(i) : params.dim(depth + i - (indices.rank() - 1));
    }
    return List.of(new TypedShape(operands.type(0), Shape.of(dims)));
  }

  @Override
  public Kernel kernel(Operands operands) {
    boolean strings = operands.type(0) == TensorType.STRING;
    if (!strings) {
      operands.type(0).requireWholeBytes();
    }
    return invocation -> {
      Tensor params = invocation.input(0);
      Tensor out = invocation.output(0);
      List<byte[]> source = strings ? params.strings() : List.of();
      List<byte[]> selected = new ArrayList<>();
      Tensor indices = invocation.input(1);
      int depth = indices.dim(indices.rank() - 1);
      long inner = Shapes.product(params.dims(), depth, params.rank());
      long rows = depth == 0 ? indices.elements() : indices.elements() / depth;
      for (long row = 0; row < rows; row++) {
        long from = 0;
        for (int i = 0; i < depth; i++) {
          long index = indices.getInteger(row * depth + i);
          if (index < 0 || index >= params.dim(i)) {
            throw OperandException.invalid("index %d; expected 0 to %d", index, params.dim(i) - 1);
          }
          from = from * params.dim(i) + index;
        }
        if (strings) {
          selected.addAll(source.subList((int) (from * inner), (int) ((from + 1) * inner)));
        } else {
          Tensor.copy(params, from * inner, out, row * inner, inner);
        }
      }
      if (strings) {
        out.setStrings(selected, out.dims().clone());
      }
    };
  }

  @Override
  public int version(Operands operands) {
    return switch (operands.type(0)) {
      case INT8 -> 2;
      default -> 1;
    };
  }

  @Override
  public QuantizationRule quantizationRule() {
    return QuantizationRule.of(QuantizationRule.Scales.SHARED, TensorType.INT8, TensorType.INT16);
  }
}
