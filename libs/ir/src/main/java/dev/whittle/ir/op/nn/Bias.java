package dev.whittle.ir.op.nn;

import dev.whittle.ir.Operands;
import dev.whittle.ir.tensor.OperandException;
import dev.whittle.ir.tensor.Shape;

/** The optional bias of layers with weights. */
final class Bias {
  private Bias() {}

  /**
   * Requires that a bias, if there is one, has an element for each output channel.
   *
   * @param bias the index of the bias
   * @param filter the index of the weights
   * @param axis the axis of the weights that counts output channels
   */
  static void require(Operands operands, int bias, int filter, int axis) {
    if (!operands.hasInput(bias)) {
      return;
    }
    Shape shape = operands.shape(bias);
    Shape weights = operands.shape(filter);
    if (shape.isStatic()
        && weights.isStatic()
        && weights.rank() > axis
        && shape.elements() != weights.dim(axis)) {
      throw OperandException.invalid(
          "the bias has shape %s; expected %d elements, one for each output channel of the weights"
              + " %s",
          shape, weights.dim(axis), weights);
    }
  }
}
