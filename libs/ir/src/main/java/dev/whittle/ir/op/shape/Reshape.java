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
 * The same elements in another shape. The new shape is operand 1 where there is one, else an
 * attribute; one extent may be -1, which is then whatever is left.
 *
 * @param newShape null where the file has none
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

  /** A reshape whose shape is operand 1. */
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
      // Old files write a scalar as the shape [0].
      requested =
          newShape.equals(List.of(0))
              ? new long[0]
              : newShape.stream().mapToLong(Integer::longValue).toArray();
    } else {
      throw OperandException.invalid("has neither a shape operand nor a shape attribute");
    }
    return resolve(operands.shape(0), requested);
  }

  private static Shape resolve(Shape input, long[] requested) {
    int stretch = -1;
    long product = 1;
    for (int i = 0; i < requested.length; i++) {
      if (requested[i] == -1 && stretch == -1) {
        stretch = i;
      } else if (requested[i] < 0 || requested[i] > Integer.MAX_VALUE) {
        throw OperandException.invalid("cannot reshape to %s", Arrays.toString(requested));
      } else {
        product = Math.multiplyExact(product, requested[i]);
      }
    }
    int[] dims = Arrays.stream(requested).mapToInt(d -> (int) d).toArray();
    if (!input.isStatic()) {
      return Shape.of(dims);
    }
    long elements = input.elements();
    if (stretch >= 0) {
      // Where an extent is zero, the native runtime stretches as if it were not there.
      dims[stretch] =
          product == 0
              ? Math.toIntExact(withoutZeros(input.toArray()) / withoutZeros(dims))
              : Math.toIntExact(elements / product);
      product *= dims[stretch];
    }
    if (product != elements) {
      throw OperandException.invalid(
          "cannot reshape %s (%d elements) to %s", input, elements, Arrays.toString(requested));
    }
    return Shape.of(dims);
  }

  /** The product of extents that are neither zero nor left open. */
  private static long withoutZeros(int[] dims) {
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
