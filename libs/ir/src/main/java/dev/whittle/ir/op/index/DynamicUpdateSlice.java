package dev.whittle.ir.op.index;

import dev.whittle.ir.Op;
import dev.whittle.ir.OpType;
import dev.whittle.ir.Operands;
import dev.whittle.ir.Options;
import dev.whittle.ir.QuantizationRule;
import dev.whittle.ir.kernel.Kernel;
import dev.whittle.ir.op.common.OutputTypes;
import dev.whittle.ir.op.common.Shapes;
import dev.whittle.ir.tensor.OperandException;
import dev.whittle.ir.tensor.Tensor;
import dev.whittle.ir.tensor.TensorType;
import dev.whittle.ir.tensor.TypedShape;
import java.util.Arrays;
import java.util.List;

/**
 * Operand 0 with a slice replaced by operand 1. Operand 2 contains the slice's first index of each
 * axis, which is clamped so that the slice is within operand 0.
 */
public record DynamicUpdateSlice() implements Op {
  public static final OpType<DynamicUpdateSlice> TYPE =
      OpType.of(
          "DYNAMIC_UPDATE_SLICE",
          151,
          "DynamicUpdateSliceOptions",
          3,
          1,
          options -> new DynamicUpdateSlice());

  @Override
  public OpType<DynamicUpdateSlice> type() {
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
    return invocation -> {
      Tensor in = invocation.input(0);
      Tensor update = invocation.input(1);
      Tensor out = invocation.output(0);
      if (update.rank() != in.rank() || invocation.input(2).elements() != in.rank()) {
        throw OperandException.invalid(
            "the update %s does not fit into %s", update.shape(), in.shape());
      }
      out.data().copyFrom(in.data());
      long[] strides = Shapes.strides(in.dims());
      long offset = 0;
      for (int axis = 0; axis < in.rank(); axis++) {
        int maxStart = in.dim(axis) - update.dim(axis);
        if (maxStart < 0) {
          throw OperandException.invalid(
              "the update %s does not fit into %s", update.shape(), in.shape());
        }
        long start = invocation.input(2).getInteger(axis);
        offset += Math.min(Math.max(start, 0), maxStart) * strides[axis];
      }
      // Elements along the last axis are adjacent in both tensors.
      int outer = Math.max(0, in.rank() - 1);
      long rowLength = in.rank() == 0 ? 1 : update.dim(outer);
      Shapes.forEachIndex(
          Arrays.copyOf(update.dims(), outer),
          Arrays.copyOf(strides, outer),
          offset,
          (u, o) -> Tensor.copy(update, u * rowLength, out, o, rowLength));
    };
  }

  @Override
  public QuantizationRule quantizationRule() {
    return QuantizationRule.of(QuantizationRule.Scales.SHARED, TensorType.INT8);
  }
}
