package dev.whittle.ir.op.recurrent;

/**
 * The indices of the operands of an LSTM layer. The weights, recurrent weights, peephole weights,
 * biases, and the weights and bias of a projection follow each other from {@code first}. Gates are
 * numbered 0 input, 1 forget, 2 cell, 3 output.
 *
 * @param input the sequence
 * @param first the weights of the input gate
 * @param outputState the output state, a variable
 * @param cellState the cell state, a variable
 * @param norm the normalization coefficients of the input gate; -1 if the operator has none
 * @param auxiliary the auxiliary sequence; -1 for none
 * @param auxiliaryWeights the auxiliary weights of the input gate
 */
record LstmOperands(
    int input,
    int first,
    int outputState,
    int cellState,
    int norm,
    int auxiliary,
    int auxiliaryWeights) {
  /** The operands of the operators with one layer. */
  static final LstmOperands SINGLE = new LstmOperands(0, 1, 18, 19, 20, -1, -1);

  int weights(int gate) {
    return first + gate;
  }

  int recurrent(int gate) {
    return first + 4 + gate;
  }

  /** Returns the peephole weights of a gate, which the cell gate does not have. */
  int peephole(int gate) {
    return first + 8 + (gate == 3 ? 2 : gate);
  }

  int bias(int gate) {
    return first + 11 + gate;
  }

  int projection() {
    return first + 15;
  }

  int projectionBias() {
    return first + 16;
  }
}
