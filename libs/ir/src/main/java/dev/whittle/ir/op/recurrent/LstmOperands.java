package dev.whittle.ir.op.recurrent;

/**
 * Which operands of a node belong to one LSTM layer. Weights, recurrent weights, weights of the
 * cell's state, biases, a projection and its bias follow one another from {@code first}.
 *
 * @param input the sequence
 * @param first weights of the input gate
 * @param outputState a variable
 * @param cellState a variable
 * @param norm coefficients of layer normalization of the input gate; -1 if the operator has none
 * @param auxiliary a second sequence; -1 if there is none
 * @param auxiliaryWeights its weights of the input gate
 */
record LstmOperands(
    int input,
    int first,
    int outputState,
    int cellState,
    int norm,
    int auxiliary,
    int auxiliaryWeights) {
  /** Of the operators for one layer. */
  static final LstmOperands SINGLE = new LstmOperands(0, 1, 18, 19, 20, -1, -1);

  int weights(int gate) {
    return first + gate;
  }

  int recurrent(int gate) {
    return first + 4 + gate;
  }

  /** Weights of the cell's state, which the candidate (gate 2) has none of. */
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
