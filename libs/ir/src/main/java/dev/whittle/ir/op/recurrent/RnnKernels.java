package dev.whittle.ir.op.recurrent;

import dev.whittle.ir.Operands;
import dev.whittle.ir.kernel.Invocation;
import dev.whittle.ir.op.Activation;
import dev.whittle.ir.tensor.OperandException;
import dev.whittle.ir.tensor.Tensor;
import dev.whittle.ir.tensor.TensorType;
import org.jspecify.annotations.Nullable;

/** The kernel of {@link Rnn} and its sequences in floats, with float or 8-bit weights. */
final class RnnKernels {
  private RnnKernels() {}

  /**
   * A layer.
   *
   * @param input the sequence
   * @param first operand of its weights; recurrent weights, bias and state follow
   * @param auxiliary a second sequence; -1 if there is none
   * @param auxiliaryWeights its weights
   * @param backward whether the sequence is gone through from its end
   */
  record Layer(
      int input,
      int first,
      int auxiliary,
      int auxiliaryWeights,
      boolean timeMajor,
      boolean backward) {
    static Layer single(boolean timeMajor) {
      return new Layer(0, 1, -1, -1, timeMajor, false);
    }
  }

  /** Refuses everything but floats and weights of 8 bits with them. */
  static void requireTypes(Operands operands, int weights) {
    TensorType type = operands.type(weights);
    boolean fits =
        operands.type(0) == TensorType.FLOAT32
            && (type == TensorType.FLOAT32 || type == TensorType.INT8)
            && operands.type(weights + 1) == type;
    if (!fits) {
      throw OperandException.unsupported(
          "no kernel for %s input and %s weights", operands.type(0), type);
    }
  }

  /**
   * Runs all steps of each sample.
   *
   * @param offset of the layer's units along the output's last axis
   */
  static void run(
      Invocation invocation,
      Layer layer,
      Activation activation,
      boolean asymmetric,
      int outputIndex,
      int offset) {
    Tensor input = invocation.input(layer.input);
    Tensor weights = invocation.input(layer.first);
    Tensor recurrent = invocation.input(layer.first + 1);
    Tensor bias = invocation.input(layer.first + 2);
    Tensor state = invocation.input(layer.first + 3);
    @Nullable Tensor second = layer.auxiliary < 0 ? null : invocation.input(layer.auxiliary);
    Tensor output = invocation.output(outputIndex);
    SequenceLayout layout = SequenceLayout.of(input, layer.timeMajor);
    int in = weights.dim(1);
    int units = weights.dim(0);
    int width = output.dim(output.rank() - 1);
    if (state.elements() != (long) layout.batches() * units) {
      throw OperandException.invalid(
          "a state %s for %d samples of %d units", state.shape(), layout.batches(), units);
    }
    boolean hybrid = weights.type() != TensorType.FLOAT32;
    var x = new VectorOperand(hybrid, asymmetric);
    var more = new VectorOperand(hybrid, asymmetric);
    var h = new VectorOperand(hybrid, asymmetric);
    for (int b = 0; b < layout.batches(); b++) {
      for (int i = 0; i < layout.steps(); i++) {
        long place = layout.row(b, layer.backward ? layout.steps() - 1 - i : i);
        x.load(input, place * in, in);
        h.load(state, (long) b * units, units);
        if (second != null) {
          int size = second.dim(second.rank() - 1);
          more.load(second, place * size, size);
        }
        for (int u = 0; u < units; u++) {
          float sum = x.accumulate(bias.getFloat(u), weights, u);
          if (second != null) {
            sum = more.accumulate(sum, invocation.input(layer.auxiliaryWeights), u);
          }
          float next = activation.apply(h.accumulate(sum, recurrent, u));
          state.setFloat((long) b * units + u, next);
          output.setFloat(place * width + offset + u, next);
        }
      }
    }
  }
}
