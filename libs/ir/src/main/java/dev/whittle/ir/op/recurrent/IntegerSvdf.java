package dev.whittle.ir.op.recurrent;

import dev.whittle.ir.Operands;
import dev.whittle.ir.kernel.FixedPoint;
import dev.whittle.ir.tensor.OperandException;
import dev.whittle.ir.tensor.Quantization;
import dev.whittle.ir.tensor.TensorType;

/**
 * The arithmetic of {@link Svdf} with 8-bit input, feature weights and output, and 16-bit time
 * weights and state.
 *
 * @param toState the factor from sums of products of the input to the state
 * @param toOutput the factor from sums over time to the output
 * @param inputZero the zero point of the input
 * @param outputZero the zero point of the output
 */
public record IntegerSvdf(
    FixedPoint.Multiplier toState, FixedPoint.Multiplier toOutput, int inputZero, int outputZero) {

  /**
   * Returns the arithmetic for some operands.
   *
   * @throws OperandException if their types are others
   */
  static IntegerSvdf of(Operands operands) {
    boolean fits =
        operands.type(1) == TensorType.INT8
            && operands.type(2) == TensorType.INT16
            && operands.type(4) == TensorType.INT16
            && operands.output(0).type() == TensorType.INT8;
    if (!fits) {
      throw OperandException.unsupported(
          "no kernel for %s feature weights and %s time weights",
          operands.type(1), operands.type(2));
    }
    Quantization input = operands.input(0).requireQuantization();
    Quantization output = operands.output(0).requireQuantization();
    // The built-in kernel multiplies the scales in single precision.
    float state = operands.input(4).requireQuantization().scaleValue();
    var toState =
        FixedPoint.Multiplier.of(
            input.scaleValue() * operands.input(1).requireQuantization().scaleValue() / state);
    var toOutput =
        FixedPoint.Multiplier.of(
            state * operands.input(2).requireQuantization().scaleValue() / output.scaleValue());
    return new IntegerSvdf(toState, toOutput, input.zeroPointValue(), output.zeroPointValue());
  }

  /** Returns the state of a filter for a sum of products of the input and its features. */
  public int stored(int feature) {
    return FixedPoint.clamp(toState.apply(feature), Short.MIN_VALUE, Short.MAX_VALUE);
  }

  /** Returns the output of a unit for the sum of its filters over time, and its bias. */
  public int output(int sum) {
    return FixedPoint.clamp(toOutput.apply(sum) + outputZero, Byte.MIN_VALUE, Byte.MAX_VALUE);
  }
}
