package dev.whittle.ir.op.recurrent;

import dev.whittle.ir.Operands;
import dev.whittle.ir.kernel.Invocation;
import dev.whittle.ir.op.Activation;
import dev.whittle.ir.tensor.OperandException;
import dev.whittle.ir.tensor.Tensor;
import dev.whittle.ir.tensor.TensorType;
import org.jspecify.annotations.Nullable;

/**
 * Reference kernel of {@link Rnn} and its sequence layers in floats, with float or 8-bit weights.
 */
final class RnnKernels {
  private RnnKernels() {}

  /**
   * The operands of a layer, by their indices, and the order of its steps.
   *
   * @param input the sequence
   * @param first the weights, which are followed by the recurrent weights, the bias and the state
   * @param auxiliary the auxiliary sequence; -1 for none
   * @param auxiliaryWeights the weights of the auxiliary sequence
   * @param timeMajor whether sequences are {@code [time, batch, in]}
   * @param backward whether steps run from the end of the sequence
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

  /**
   * Requires float inputs and float or 8-bit weights.
   *
   * @param weights the index of the weights
   * @throws OperandException if an operand has another type
   */
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
   * Runs all steps of each sequence.
   *
   * @param invocation the operands
   * @param layer the layer
   * @param activation the function of the layer
   * @param asymmetric whether inputs are quantized asymmetrically if weights have 8 bits
   * @param outputIndex the index of the output
   * @param offset the position of the layer's units along the output's last axis
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
    @Nullable Tensor auxiliary = layer.auxiliary < 0 ? null : invocation.input(layer.auxiliary);
    Tensor output = invocation.output(outputIndex);
    SequenceLayout layout = SequenceLayout.of(input, layer.timeMajor);
    int in = weights.dim(1);
    int units = weights.dim(0);
    int width = output.dim(output.rank() - 1);
    if (state.elements() != (long) layout.batches() * units) {
      throw OperandException.invalid(
          "the state %s does not have %d batches of %d units",
          state.shape(), layout.batches(), units);
    }
    boolean hybrid = weights.type() != TensorType.FLOAT32;
    var x = new VectorOperand(hybrid, asymmetric);
    var auxiliaryX = new VectorOperand(hybrid, asymmetric);
    var h = new VectorOperand(hybrid, asymmetric);
    for (int b = 0; b < layout.batches(); b++) {
      for (int i = 0; i < layout.steps(); i++) {
        long row = layout.row(b, layer.backward ? layout.steps() - 1 - i : i);
        x.load(input, row * in, in);
        h.load(state, (long) b * units, units);
        if (auxiliary != null) {
          int size = auxiliary.dim(auxiliary.rank() - 1);
          auxiliaryX.load(auxiliary, row * size, size);
        }
        for (int u = 0; u < units; u++) {
          float sum = x.accumulate(bias.getFloat(u), weights, u);
          if (auxiliary != null) {
            sum = auxiliaryX.accumulate(sum, invocation.input(layer.auxiliaryWeights), u);
          }
          float next = activation.apply(h.accumulate(sum, recurrent, u));
          state.setFloat((long) b * units + u, next);
          output.setFloat(row * width + offset + u, next);
        }
      }
    }
  }
}
