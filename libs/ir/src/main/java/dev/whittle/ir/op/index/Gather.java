package dev.whittle.ir.op.index;

import dev.whittle.ir.Op;
import dev.whittle.ir.OpType;
import dev.whittle.ir.Operands;
import dev.whittle.ir.Options;
import dev.whittle.ir.QuantizationRule;
import dev.whittle.ir.kernel.Invocation;
import dev.whittle.ir.kernel.Kernel;
import dev.whittle.ir.op.common.Shapes;
import dev.whittle.ir.tensor.OperandException;
import dev.whittle.ir.tensor.Shape;
import dev.whittle.ir.tensor.Tensor;
import dev.whittle.ir.tensor.TensorType;
import dev.whittle.ir.tensor.TypedShape;
import java.util.ArrayList;
import java.util.List;

/**
 * The slices of operand 0 along an axis at the indices that operand 1 contains.
 *
 * @param axis the axis, counted from the end if negative
 * @param batchDims the number of leading batch axes that both operands have, counted from the end
 *     of operand 1 if negative
 */
public record Gather(int axis, int batchDims) implements Op {
  public static final OpType<Gather> TYPE =
      OpType.of(
          "GATHER",
          36,
          "GatherOptions",
          2,
          1,
          options -> new Gather(options.integer("axis", 0), options.integer("batch_dims", 0)));

  @Override
  public OpType<Gather> type() {
    return TYPE;
  }

  @Override
  public Options options() {
    return Options.of(TYPE.optionTable()).with("axis", axis).with("batch_dims", batchDims);
  }

  @Override
  public List<TypedShape> infer(Operands operands) {
    Shape params = operands.shape(0);
    Shape indices = operands.shape(1);
    if (!params.isRankKnown() || !indices.isRankKnown()) {
      return List.of(new TypedShape(operands.type(0), Shape.UNKNOWN));
    }
    int axisIndex = Shapes.axis(axis, params.rank());
    int batch = batchDims < 0 ? batchDims + indices.rank() : batchDims;
    if (batch < 0 || batch > axisIndex || batch > indices.rank()) {
      throw OperandException.invalid(
          "%d batch axes and axis %d for indices %s of %s", batchDims, axis, indices, params);
    }
    List<Integer> dims = new ArrayList<>();
    for (int i = 0; i < axisIndex; i++) {
      dims.add(params.dim(i));
    }
    for (int i = batch; i < indices.rank(); i++) {
      dims.add(indices.dim(i));
    }
    for (int i = axisIndex + 1; i < params.rank(); i++) {
      dims.add(params.dim(i));
    }
    Shape shape = Shape.of(dims.stream().mapToInt(Integer::intValue).toArray());
    return List.of(new TypedShape(operands.type(0), shape));
  }

  @Override
  public Kernel kernel(Operands operands) {
    return this::run;
  }

  private void run(Invocation invocation) {
    Tensor params = invocation.input(0);
    Tensor indices = invocation.input(1);
    Tensor out = invocation.output(0);
    int axisIndex = Shapes.axis(axis, params.rank());
    int batch = batchDims < 0 ? batchDims + indices.rank() : batchDims;
    long batches = Shapes.product(params.dims(), 0, batch);
    long outer = Shapes.product(params.dims(), batch, axisIndex);
    long inner = Shapes.product(params.dims(), axisIndex + 1, params.rank());
    long count = Shapes.product(indices.dims(), batch, indices.rank());
    int length = params.dim(axisIndex);
    List<byte[]> strings = new ArrayList<>();
    List<byte[]> source = params.type() == TensorType.STRING ? params.strings() : List.of();
    long to = 0;
    for (long b = 0; b < batches; b++) {
      for (long o = 0; o < outer; o++) {
        for (long k = 0; k < count; k++) {
          long index = indices.getInteger(b * count + k);
          if (index < 0 || index >= length) {
            throw OperandException.invalid("index %d; expected 0 to %d", index, length - 1);
          }
          long from = ((b * outer + o) * length + index) * inner;
          if (params.type() == TensorType.STRING) {
            strings.addAll(source.subList((int) from, (int) (from + inner)));
          } else {
            Tensor.copy(params, from, out, to, inner);
          }
          to += inner;
        }
      }
    }
    if (params.type() == TensorType.STRING) {
      out.setStrings(strings, out.dims());
    }
  }

  @Override
  public int version(Operands operands) {
    if (batchDims != 0) {
      return 5;
    }
    return operands.type(0) == TensorType.INT16 ? 4 : operands.type(0) == TensorType.INT8 ? 2 : 1;
  }

  @Override
  public QuantizationRule quantizationRule() {
    return QuantizationRule.of(QuantizationRule.Scales.SHARED, TensorType.INT8, TensorType.INT16)
        .withStored(0);
  }
}
