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
import java.util.List;

/**
 * The sum of the slices of operand 1, each at the coordinates in the last axis of operand 0, in a
 * tensor of zeros of the shape in operand 2.
 */
public record ScatterNd() implements Op {
  public static final OpType<ScatterNd> TYPE =
      OpType.of("SCATTER_ND", 122, "ScatterNdOptions", 3, 1, options -> new ScatterNd());

  @Override
  public OpType<ScatterNd> type() {
    return TYPE;
  }

  @Override
  public Options options() {
    return Options.of(TYPE.optionTable());
  }

  @Override
  public List<TypedShape> infer(Operands operands) {
    long[] shape = operands.knownIntegers(2);
    return List.of(
        new TypedShape(operands.type(1), shape == null ? Shape.UNKNOWN : Shapes.ofContents(shape)));
  }

  @Override
  public Kernel kernel(Operands operands) {
    return switch (operands.type(1)) {
      case FLOAT32, INT32, INT64, INT8, UINT8, BOOL -> ScatterNd::run;
      default -> throw OperandException.unsupported("no kernel for %s", operands.type(1));
    };
  }

  private static void run(Invocation invocation) {
    Tensor indices = invocation.input(0);
    Tensor updates = invocation.input(1);
    Tensor out = invocation.output(0);
    out.resize(Shapes.ofContents(invocation.input(2).toLongs()).toArray());
    out.data().fill((byte) 0);
    int depth = indices.rank() == 0 ? 0 : indices.dim(indices.rank() - 1);
    if (depth < 1 || depth > out.rank()) {
      throw OperandException.invalid(
          "coordinates %s for a tensor %s; expected 1 to its rank along the last axis",
          indices.shape(), out.shape());
    }
    long slice = Shapes.product(out.dims(), depth, out.rank());
    long count = indices.elements() / depth;
    if (updates.elements() != count * slice) {
      throw OperandException.invalid(
          "the updates %s do not fit the coordinates %s of a tensor %s",
          updates.shape(), indices.shape(), out.shape());
    }
    for (long i = 0; i < count; i++) {
      long target = 0;
      for (int axis = 0; axis < depth; axis++) {
        long coordinate = indices.getInteger(i * depth + axis);
        if (coordinate < 0 || coordinate >= out.dim(axis)) {
          throw OperandException.invalid(
              "coordinate %d; expected 0 to %d", coordinate, out.dim(axis) - 1);
        }
        target = target * out.dim(axis) + coordinate;
      }
      for (long k = 0; k < slice; k++) {
        add(updates, i * slice + k, out, target * slice + k);
      }
    }
  }

  private static void add(Tensor from, long i, Tensor to, long j) {
    switch (to.type()) {
      case FLOAT32 -> to.setFloat(j, to.getFloat(j) + from.getFloat(i));
      case BOOL -> to.setBoolean(j, to.getBoolean(j) || from.getBoolean(i));
      default -> to.setInteger(j, to.getInteger(j) + from.getInteger(i));
    }
  }

  @Override
  public QuantizationRule quantizationRule() {
    return QuantizationRule.of(QuantizationRule.Scales.SHARED, TensorType.INT8);
  }
}
