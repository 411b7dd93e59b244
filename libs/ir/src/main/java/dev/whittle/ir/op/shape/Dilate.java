package dev.whittle.ir.op.shape;

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
import java.util.Arrays;
import java.util.List;

/**
 * Moves the elements of a tensor apart. Operands: the tensor, how far along each axis (1 leaves
 * them together), and the value that fills the gaps, a scalar.
 */
public record Dilate() implements Op {
  public static final OpType<Dilate> TYPE =
      OpType.of("DILATE", 203, "DilateOptions", 3, 1, options -> new Dilate());

  @Override
  public OpType<Dilate> type() {
    return TYPE;
  }

  @Override
  public Options options() {
    return Options.of(TYPE.optionTable());
  }

  @Override
  public List<TypedShape> infer(Operands operands) {
    Shape shape = operands.shape(0);
    if (!shape.isRankKnown()) {
      return List.of(new TypedShape(operands.type(0), Shape.UNKNOWN));
    }
    long[] distances = operands.knownIntegers(1);
    int[] dims = shape.toArray();
    for (int i = 0; i < dims.length; i++) {
      if (distances != null && (distances.length != dims.length || distances[i] < 1)) {
        throw OperandException.invalid("dilates %s by %s", shape, Arrays.toString(distances));
      }
      if (distances == null || dims[i] == Shape.DYNAMIC) {
        dims[i] = Shape.DYNAMIC;
      } else if (dims[i] > 0) {
        dims[i] = Math.toIntExact(Math.addExact(Math.multiplyExact(dims[i] - 1L, distances[i]), 1));
      }
    }
    return List.of(new TypedShape(operands.type(0), Shape.of(dims)));
  }

  @Override
  public Kernel kernel(Operands operands) {
    operands.type(0).requireWholeBytes();
    return invocation -> {
      Tensor in = invocation.input(0);
      Tensor distances = invocation.input(1);
      Tensor filling = invocation.input(2);
      Tensor out = invocation.output(0);
      Shapes.forEachPosition(
          out.dims(),
          (o, position) -> {
            long from = 0;
            boolean gap = false;
            for (int i = 0; i < position.length; i++) {
              long distance = distances.getInteger(i);
              gap |= position[i] % distance != 0;
              from = from * in.dim(i) + position[i] / distance;
            }
            Tensor.copy(gap ? filling : in, gap ? 0 : from, out, o, 1);
          });
    };
  }
}
