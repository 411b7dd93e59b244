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
 * The dilation of a tensor: gaps between its elements. The operands are the tensor, the dilation
 * factor of each axis (1 for no gaps), and the value of the gaps, a scalar.
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
    long[] factors = operands.knownIntegers(1);
    int[] dims = shape.toArray();
    for (int i = 0; i < dims.length; i++) {
      if (factors != null && (factors.length != dims.length || factors[i] < 1)) {
        throw OperandException.invalid(
            "dilation factors %s of input %s; expected a factor of at least 1 for each axis",
            Arrays.toString(factors), shape);
      }
      if (factors == null || dims[i] == Shape.DYNAMIC) {
        dims[i] = Shape.DYNAMIC;
      } else if (dims[i] > 0) {
        dims[i] = Math.toIntExact(Math.addExact(Math.multiplyExact(dims[i] - 1L, factors[i]), 1));
      }
    }
    return List.of(new TypedShape(operands.type(0), Shape.of(dims)));
  }

  @Override
  public Kernel kernel(Operands operands) {
    operands.type(0).requireWholeBytes();
    return invocation -> {
      Tensor in = invocation.input(0);
      Tensor factors = invocation.input(1);
      Tensor gapValue = invocation.input(2);
      Tensor out = invocation.output(0);
      Shapes.forEachPosition(
          out.dims(),
          (o, position) -> {
            long from = 0;
            boolean gap = false;
            for (int i = 0; i < position.length; i++) {
              long factor = factors.getInteger(i);
              gap |= position[i] % factor != 0;
              from = from * in.dim(i) + position[i] / factor;
            }
            Tensor.copy(gap ? gapValue : in, gap ? 0 : from, out, o, 1);
          });
    };
  }
}
