package dev.whittle.ir.op;

import dev.whittle.ir.OperandException;
import dev.whittle.ir.Operands;
import dev.whittle.ir.TensorType;
import dev.whittle.ir.kernel.Invocation;
import dev.whittle.ir.kernel.Tensor;

/** The float kernel of {@link Rnn} and {@link UnidirectionalSequenceRnn}. */
final class RecurrentKernels {
  private RecurrentKernels() {}

  /** Refuses everything but floats. */
  static void requireFloats(Operands operands, int weights) {
    if (operands.type(0) != TensorType.FLOAT32 || operands.type(weights) != TensorType.FLOAT32) {
      throw OperandException.unsupported(
          "no kernel for %s input and %s weights", operands.type(0), operands.type(weights));
    }
  }

  /** Runs all steps of each sample. */
  static void run(Invocation invocation, Activation activation, boolean timeMajor) {
    SequenceLayout layout = SequenceLayout.of(invocation.input(0), timeMajor);
    Tensor state = invocation.input(4);
    Tensor output = invocation.output(0);
    int in = invocation.input(1).dim(1);
    int units = invocation.input(1).dim(0);
    if (state.elements() != (long) layout.batches() * units) {
      throw OperandException.invalid(
          "a state %s for %d samples of %d units", state.shape(), layout.batches(), units);
    }
    float[] next = new float[units];
    for (int b = 0; b < layout.batches(); b++) {
      for (int t = 0; t < layout.steps(); t++) {
        long place = layout.row(b, t);
        step(invocation, activation, place * in, (long) b * units, next);
        for (int u = 0; u < units; u++) {
          state.setFloat((long) b * units + u, next[u]);
          output.setFloat(place * units + u, next[u]);
        }
      }
    }
  }

  private static void step(
      Invocation invocation, Activation activation, long x, long h, float[] next) {
    Tensor input = invocation.input(0);
    Tensor weights = invocation.input(1);
    Tensor recurrent = invocation.input(2);
    Tensor state = invocation.input(4);
    int in = weights.dim(1);
    int units = next.length;
    for (int u = 0; u < units; u++) {
      float sum = invocation.input(3).getFloat(u);
      for (int i = 0; i < in; i++) {
        sum += weights.getFloat((long) u * in + i) * input.getFloat(x + i);
      }
      for (int i = 0; i < units; i++) {
        sum += recurrent.getFloat((long) u * units + i) * state.getFloat(h + i);
      }
      next[u] = activation.apply(sum);
    }
  }
}
