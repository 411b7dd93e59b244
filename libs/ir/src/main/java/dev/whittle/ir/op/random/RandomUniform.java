package dev.whittle.ir.op.random;

import dev.whittle.ir.Op;
import dev.whittle.ir.OpType;
import dev.whittle.ir.Operands;
import dev.whittle.ir.Options;
import dev.whittle.ir.kernel.Kernel;
import dev.whittle.ir.kernel.Philox;
import dev.whittle.ir.op.common.Shapes;
import dev.whittle.ir.tensor.Shape;
import dev.whittle.ir.tensor.Tensor;
import dev.whittle.ir.tensor.TensorType;
import dev.whittle.ir.tensor.TypedShape;
import java.util.List;

/**
 * Samples of the uniform distribution on {@code [0, 1)}. Operand 0 contains the shape.
 *
 * @param seed the first seed; a random one if both are 0
 * @param seed2 the second seed
 */
public record RandomUniform(long seed, long seed2) implements Op {
  public static final OpType<RandomUniform> TYPE =
      OpType.of(
          "RANDOM_UNIFORM",
          148,
          "RandomOptions",
          1,
          1,
          options ->
              new RandomUniform(options.longInteger("seed", 0), options.longInteger("seed2", 0)));

  @Override
  public OpType<RandomUniform> type() {
    return TYPE;
  }

  @Override
  public Options options() {
    return Options.of(TYPE.optionTable()).with("seed", seed).with("seed2", seed2);
  }

  @Override
  public List<TypedShape> infer(Operands operands) {
    long[] shape = operands.knownIntegers(0);
    return List.of(
        new TypedShape(
            TensorType.FLOAT32, shape == null ? Shape.UNKNOWN : Shapes.ofContents(shape)));
  }

  @Override
  public Kernel kernel(Operands operands) {
    var random = new Philox(seed, seed2);
    return invocation -> {
      Tensor out = invocation.output(0);
      out.resize(Shapes.ofContents(invocation.input(0).toLongs()).toArray());
      random.alignToBlock();
      for (long i = 0; i < out.elements(); i++) {
        out.setFloat(i, random.nextFloat());
      }
    };
  }

  @Override
  public boolean isPure() {
    return false;
  }
}
