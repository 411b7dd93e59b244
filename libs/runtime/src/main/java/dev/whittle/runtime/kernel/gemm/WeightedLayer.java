package dev.whittle.runtime.kernel.gemm;

import dev.whittle.ir.Operand;
import dev.whittle.ir.Operands;
import dev.whittle.ir.tensor.Quantization;
import dev.whittle.ir.tensor.Tensor;
import dev.whittle.ir.tensor.TensorType;
import java.util.Arrays;
import org.jspecify.annotations.Nullable;

/**
 * The operands of a layer with weights.
 *
 * @param input index of the input
 * @param filter index of the weights
 * @param bias index of the optional bias
 */
public record WeightedLayer(Operands operands, int input, int filter, int bias) {
  /** Returns a layer with the operands input, weights and bias, in this order. */
  public static WeightedLayer of(Operands operands) {
    return new WeightedLayer(operands, 0, 1, 2);
  }

  public TensorType inputType() {
    return operands.type(input);
  }

  public TensorType filterType() {
    return operands.type(filter);
  }

  /** Returns whether input, weights and output have the same type. */
  public boolean hasOneType() {
    return inputType() == filterType() && inputType() == operands.output(0).type();
  }

  /** Returns the weights; null if they are not a constant of floats. */
  public @Nullable Tensor floatFilter() {
    Tensor known = operands.input(filter).known();
    return known == null || known.type() != TensorType.FLOAT32 ? null : known;
  }

  public Operand filterOperand() {
    return operands.input(filter);
  }

  public boolean hasBias() {
    return operands.hasInput(bias);
  }

  /** Returns the constant bias; null if there is none or it is computed. */
  public @Nullable Tensor knownBias() {
    return hasBias() ? operands.input(bias).known() : null;
  }

  /** Returns the bias of some columns, empty if there is none; null if it is not constant. */
  public float @Nullable [] floatBias(int first, int columns) {
    if (!hasBias()) {
      return new float[0];
    }
    Tensor known = knownBias();
    return known == null || known.type() != TensorType.FLOAT32 || known.elements() < first + columns
        ? null
        : Arrays.copyOfRange(known.toFloats(), first, first + columns);
  }

  /** Returns the bias of some columns, zeros if there is none; null if it is not constant. */
  public int @Nullable [] integerBias(int first, int columns) {
    if (!hasBias()) {
      return new int[columns];
    }
    Tensor known = knownBias();
    return known == null || known.type() != TensorType.INT32 || known.elements() < first + columns
        ? null
        : Arrays.copyOfRange(known.data().toArray(Tensor.INT), first, first + columns);
  }

  /** Returns the input's zero point. */
  public int zeroPoint() {
    return operands.input(input).requireQuantization().zeroPointValue();
  }

  /** Returns whether columns have different scales. */
  public boolean isPerChannel() {
    Quantization weights = filterOperand().quantization();
    if (weights == null) {
      return false;
    }
    float[] scales = weights.scales();
    for (float scale : scales) {
      if (scale != scales[0]) {
        return true;
      }
    }
    return false;
  }

  /** Returns one scale for each column; null if their number differs or there is a zero point. */
  public float @Nullable [] scales(int columns) {
    Quantization weights = filterOperand().quantization();
    if (weights == null || weights.zeroPoint().stream().anyMatch(z -> z != 0)) {
      return null;
    }
    float[] given = weights.scales();
    if (given.length != 1 && given.length != columns) {
      return null;
    }
    float[] scales = new float[columns];
    for (int c = 0; c < columns; c++) {
      scales[c] = given[given.length == 1 ? 0 : c];
    }
    return scales;
  }
}
