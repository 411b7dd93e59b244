package dev.whittle.ir.op.random;

import dev.whittle.ir.Op;
import dev.whittle.ir.OpType;
import dev.whittle.ir.Operands;
import dev.whittle.ir.Options;
import dev.whittle.ir.kernel.Kernel;
import dev.whittle.ir.kernel.Philox;
import dev.whittle.ir.op.common.Shapes;
import dev.whittle.ir.tensor.OperandException;
import dev.whittle.ir.tensor.Shape;
import dev.whittle.ir.tensor.Tensor;
import dev.whittle.ir.tensor.TensorType;
import dev.whittle.ir.tensor.TypedShape;
import java.util.List;

/**
 * Samples of a categorical distribution for each row of operand 0, which contains unnormalized
 * logarithms of probabilities. Operand 1 is the number of samples. The output contains class
 * indices.
 *
 * @param seed the first seed; a random one if both are 0
 * @param seed2 the second seed
 */
public record Multinomial(long seed, long seed2) implements Op {
  public static final OpType<Multinomial> TYPE =
      OpType.of(
          "MULTINOMIAL",
          149,
          "RandomOptions",
          2,
          1,
          options ->
              new Multinomial(options.longInteger("seed", 0), options.longInteger("seed2", 0)));

  @Override
  public OpType<Multinomial> type() {
    return TYPE;
  }

  @Override
  public Options options() {
    return Options.of(TYPE.optionTable()).with("seed", seed).with("seed2", seed2);
  }

  @Override
  public List<TypedShape> infer(Operands operands) {
    Shape logits = operands.shape(0);
    long[] count = operands.knownIntegers(1);
    if (logits.isRankKnown() && logits.rank() != 2) {
      throw OperandException.invalid("logits have shape %s; expected [batch, classes]", logits);
    }
    int rows = logits.isRankKnown() ? logits.dim(0) : Shape.DYNAMIC;
    int samples = count == null ? Shape.DYNAMIC : Shapes.ofContents(count).dim(0);
    return List.of(new TypedShape(operands.output(0).type(), Shape.of(rows, samples)));
  }

  @Override
  public Kernel kernel(Operands operands) {
    if (operands.type(0) != TensorType.FLOAT32) {
      throw operands.unsupportedType();
    }
    var random = new Philox(seed, seed2);
    return invocation -> {
      Tensor logits = invocation.input(0);
      Tensor out = invocation.output(0);
      out.resize(logits.dim(0), Shapes.ofContents(invocation.input(1).toLongs()).dim(0));
      random.alignToBlock();
      for (int row = 0; row < logits.dim(0); row++) {
        draw(random, logits, row, out);
      }
    };
  }

  private static void draw(Philox random, Tensor logits, int row, Tensor out) {
    int classes = logits.dim(1);
    float max = Float.NEGATIVE_INFINITY;
    for (int c = 0; c < classes; c++) {
      float logit = logits.getFloat((long) row * classes + c);
      max = Float.isFinite(logit) ? Math.max(max, logit) : max;
    }
    double[] cumulative = new double[classes];
    double total = 0;
    for (int c = 0; c < classes; c++) {
      float logit = logits.getFloat((long) row * classes + c);
      total += Float.isFinite(logit) ? Math.exp(logit - max) : 0;
      cumulative[c] = total;
    }
    for (int i = 0; i < out.dim(1); i++) {
      double threshold = random.nextDouble() * total;
      int sample = 0;
      while (sample < classes && cumulative[sample] <= threshold) {
        sample++;
      }
      out.setInteger((long) row * out.dim(1) + i, sample);
    }
  }

  @Override
  public boolean isPure() {
    return false;
  }
}
