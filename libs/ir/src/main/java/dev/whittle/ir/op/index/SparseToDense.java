package dev.whittle.ir.op.index;

import dev.whittle.ir.Op;
import dev.whittle.ir.OpType;
import dev.whittle.ir.Operands;
import dev.whittle.ir.Options;
import dev.whittle.ir.kernel.Kernel;
import dev.whittle.ir.op.common.Shapes;
import dev.whittle.ir.tensor.OperandException;
import dev.whittle.ir.tensor.Shape;
import dev.whittle.ir.tensor.Tensor;
import dev.whittle.ir.tensor.TypedShape;
import java.util.List;

/**
 * A tensor of the shape in operand 1, filled with operand 3, a scalar, except for the values of
 * operand 2 at the coordinates in operand 0.
 *
 * @param validateIndices whether coordinates must be sorted and unique; not checked
 */
public record SparseToDense(boolean validateIndices) implements Op {
  public static final OpType<SparseToDense> TYPE =
      OpType.of(
          "SPARSE_TO_DENSE",
          68,
          "SparseToDenseOptions",
          4,
          1,
          options -> new SparseToDense(options.flag("validate_indices", false)));

  @Override
  public OpType<SparseToDense> type() {
    return TYPE;
  }

  @Override
  public Options options() {
    // Converters leave the options out if they are the default.
    return validateIndices
        ? Options.of(TYPE.optionTable()).with("validate_indices", true)
        : Options.NONE;
  }

  @Override
  public List<TypedShape> infer(Operands operands) {
    long[] shape = operands.knownIntegers(1);
    return List.of(
        new TypedShape(operands.type(2), shape == null ? Shape.UNKNOWN : Shapes.ofContents(shape)));
  }

  @Override
  public Kernel kernel(Operands operands) {
    operands.type(2).requireWholeBytes();
    return invocation -> {
      Tensor indices = invocation.input(0);
      Tensor values = invocation.input(2);
      Tensor out = invocation.output(0);
      out.resize(Shapes.ofContents(invocation.input(1).toLongs()).toArray());
      for (long i = 0; i < out.elements(); i++) {
        Tensor.copy(invocation.input(3), 0, out, i, 1);
      }
      int depth = indices.rank() == 2 ? indices.dim(1) : 1;
      if (depth != out.rank()) {
        throw OperandException.invalid(
            "coordinates %s for a tensor %s; expected its rank along the last axis",
            indices.shape(), out.shape());
      }
      long count = indices.elements() / depth;
      if (values.elements() != 1 && values.elements() != count) {
        throw OperandException.invalid(
            "%d values for %d coordinates; expected 1 or one for each", values.elements(), count);
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
        Tensor.copy(values, values.elements() == 1 ? 0 : i, out, target, 1);
      }
    };
  }

  @Override
  public int version(Operands operands) {
    return switch (operands.type(2)) {
      case INT64 -> 2;
      case INT8, UINT8 -> 3;
      default -> 1;
    };
  }
}
