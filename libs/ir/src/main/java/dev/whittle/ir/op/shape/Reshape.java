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
import java.util.Arrays;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * The elements of operand 0 in another shape, which is operand 1 if it is present and an attribute
 * otherwise. One dimension may be -1, to be computed from the others.
 *
 * @param newShape the shape; null if the file leaves it out
 */
public record Reshape(@Nullable List<Integer> newShape) implements Op {
  public static final OpType<Reshape> TYPE =
      OpType.of(
              "RESHAPE",
              22,
              "ReshapeOptions",
              1,
              1,
              options -> new Reshape(options.integers("new_shape")))
          .withMaxInputs(2);

  /** Makes a reshape to the shape in operand 1. */
  public Reshape() {
    this(null);
  }

  @Override
  public OpType<Reshape> type() {
    return TYPE;
  }

  @Override
  public Options options() {
    return newShape == null
        ? Options.NONE
        : Options.of(TYPE.optionTable()).with("new_shape", newShape);
  }

  @Override
  public List<TypedShape> infer(Operands operands) {
    return List.of(new TypedShape(operands.type(0), outputShape(operands)));
  }

  private Shape outputShape(Operands operands) {
    long[] requested;
    if (operands.hasInput(1)) {
      requested = operands.knownIntegers(1);
      if (requested == null) {
        Shape shape = operands.shape(1);
        return shape.isStatic() && shape.rank() == 1
            ? Shapes.dynamic(Math.toIntExact(shape.elements()))
            : Shape.UNKNOWN;
      }
    } else if (newShape != null) {
      // Old converters write a scalar as the shape [0].
      requested =
          newShape.equals(List.of(0))
              ? new long[0]
              : newShape.stream().mapToLong(Integer::longValue).toArray();
    } else {
      throw OperandException.invalid(
          "the new shape is missing; expected operand 1 or the attribute new_shape");
    }
    return resolve(operands.shape(0), requested);
  }

  private static Shape resolve(Shape input, long[] requested) {
    int inferred = -1;
    long product = 1;
    for (int i = 0; i < requested.length; i++) {
      if (requested[i] == -1 && inferred == -1) {
        inferred = i;
      } else if (requested[i] < 0 || requested[i] > Integer.MAX_VALUE) {
        throw OperandException.invalid(
            "cannot reshape to %s; expected dimensions of 0 to 2^31 - 1 and at most one of -1",
            Arrays.toString(requested));
      } else {
        product = Math.multiplyExact(product, requested[i]);
      }
    }
    int[] dims = Arrays.stream(requested).mapToInt(d -> (int) d).toArray();
    if (!input.isStatic()) {
      return Shape.of(dims);
    }
    long elements = input.elements();
    if (inferred >= 0) {
      // The native runtime ignores dimensions of 0 when it computes the one of -1.
      dims[inferred] =
          product == 0
              ? Math.toIntExact(positiveProduct(input.toArray()) / positiveProduct(dims))
              : Math.toIntExact(elements / product);
      product *= dims[inferred];
    }
    if (product != elements) {
      throw OperandException.invalid(
          "cannot reshape %s (%d elements) to %s", input, elements, Arrays.toString(requested));
    }
    return Shape.of(dims);
  }

  /** Returns the product of the positive dimensions. */
  private static long positiveProduct(int[] dims) {
    return Arrays.stream(dims).asLongStream().filter(d -> d > 0).reduce(1, Math::multiplyExact);
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
