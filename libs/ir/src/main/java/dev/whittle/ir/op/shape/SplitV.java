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
import dev.whittle.ir.tensor.Tensor;
import dev.whittle.ir.tensor.TensorType;
import dev.whittle.ir.tensor.TypedShape;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.List;

/**
 * The split of operand 0 into parts of the sizes that operand 1 contains, along the axis that
 * operand 2 contains. One size may be -1, for the rest of the axis.
 *
 * @param count the number of parts
 */
public record SplitV(int count) implements Op {
  public static final OpType<SplitV> TYPE =
      OpType.of(
              "SPLIT_V",
              102,
              "SplitVOptions",
              3,
              1,
              options -> new SplitV(options.integer("num_splits", 0)))
          .withMaxOutputs(OpType.MANY);

  @Override
  public OpType<SplitV> type() {
    return TYPE;
  }

  @Override
  public Options options() {
    return Options.of(TYPE.optionTable()).with("num_splits", count);
  }

  @Override
  public List<TypedShape> infer(Operands operands) {
    Shape shape = operands.shape(0);
    long[] sizes = operands.knownIntegers(1);
    long[] axis = operands.knownIntegers(2);
    if (count < 0 || count > 1 << 20) {
      throw OperandException.invalid("splits into %d parts; expected 0 to 2^20", count);
    }
    if (!shape.isRankKnown() || sizes == null || axis == null) {
      Shape part = shape.isRankKnown() ? Shapes.dynamic(shape.rank()) : Shape.UNKNOWN;
      return Collections.nCopies(count, new TypedShape(operands.type(0), part));
    }
    if (axis.length != 1 || sizes.length != count) {
      throw OperandException.invalid(
          "operand 1 has %d sizes and operand 2 has %d axes; expected %d and 1",
          sizes.length, axis.length, count);
    }
    int axisIndex = Shapes.axis(axis[0], shape.rank());
    List<TypedShape> parts = new ArrayList<>();
    for (int dimension : dimensions(shape.dim(axisIndex), sizes)) {
      int[] dims = shape.toArray();
      dims[axisIndex] = dimension;
      parts.add(new TypedShape(operands.type(0), Shape.of(dims)));
    }
    return parts;
  }

  @Override
  public Kernel kernel(Operands operands) {
    operands.type(0).requireWholeBytes();
    return invocation -> {
      Tensor in = invocation.input(0);
      Split.run(invocation, in, Shapes.axis(invocation.input(2).getInteger(0), in.rank()));
    };
  }

  private static int[] dimensions(int full, long[] sizes) {
    int[] dimensions = new int[sizes.length];
    int inferred = -1;
    long sum = 0;
    for (int i = 0; i < sizes.length; i++) {
      if (sizes[i] == -1 && inferred == -1) {
        inferred = i;
      } else if (sizes[i] < 0 || sizes[i] > Integer.MAX_VALUE) {
        throw OperandException.invalid(
            "size %d of part %d; expected 0 to 2^31 - 1, or -1 once", sizes[i], i);
      } else {
        dimensions[i] = (int) sizes[i];
        sum += sizes[i];
      }
    }
    if (full == Shape.DYNAMIC) {
      if (inferred >= 0) {
        dimensions[inferred] = Shape.DYNAMIC;
      }
      return dimensions;
    }
    if (inferred >= 0 && sum <= full) {
      dimensions[inferred] = (int) (full - sum);
    } else if (sum != full) {
      throw OperandException.invalid(
          "cannot split a dimension of %d into sizes %s", full, Arrays.toString(sizes));
    }
    return dimensions;
  }

  @Override
  public QuantizationRule quantizationRule() {
    return QuantizationRule.of(QuantizationRule.Scales.SHARED, TensorType.INT8, TensorType.INT16);
  }
}
