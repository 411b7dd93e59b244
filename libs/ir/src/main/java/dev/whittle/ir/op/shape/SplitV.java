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
 * The operand cut into parts of the extents that operand 1 lists, along the axis that operand 2
 * names. One extent may be -1, which is then whatever is left.
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
      throw OperandException.invalid("%d splits", count);
    }
    if (!shape.isRankKnown() || sizes == null || axis == null) {
      Shape part = shape.isRankKnown() ? Shapes.dynamic(shape.rank()) : Shape.UNKNOWN;
      return Collections.nCopies(count, new TypedShape(operands.type(0), part));
    }
    if (axis.length != 1 || sizes.length != count) {
      throw OperandException.invalid("%d sizes for %d splits", sizes.length, count);
    }
    int place = Shapes.axis(axis[0], shape.rank());
    List<TypedShape> parts = new ArrayList<>();
    for (int dimension : dimensions(shape.dim(place), sizes)) {
      int[] dims = shape.toArray();
      dims[place] = dimension;
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

  private static int[] dimensions(int whole, long[] sizes) {
    int[] dimensions = new int[sizes.length];
    int stretch = -1;
    long sum = 0;
    for (int i = 0; i < sizes.length; i++) {
      if (sizes[i] == -1 && stretch == -1) {
        stretch = i;
      } else if (sizes[i] < 0 || sizes[i] > Integer.MAX_VALUE) {
        throw OperandException.invalid("part of extent %d", sizes[i]);
      } else {
        dimensions[i] = (int) sizes[i];
        sum += sizes[i];
      }
    }
    if (whole == Shape.DYNAMIC) {
      if (stretch >= 0) {
        dimensions[stretch] = Shape.DYNAMIC;
      }
      return dimensions;
    }
    if (stretch >= 0 && sum <= whole) {
      dimensions[stretch] = (int) (whole - sum);
    } else if (sum != whole) {
      throw OperandException.invalid(
          "cannot cut an extent of %d in %s", whole, Arrays.toString(sizes));
    }
    return dimensions;
  }

  @Override
  public QuantizationRule quantizationRule() {
    return QuantizationRule.of(QuantizationRule.Scales.SHARED, TensorType.INT8, TensorType.INT16);
  }
}
