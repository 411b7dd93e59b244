package dev.whittle.ir;

import dev.whittle.ir.tensor.OperandException;
import dev.whittle.ir.tensor.Quantization;
import dev.whittle.ir.tensor.Shape;
import dev.whittle.ir.tensor.Tensor;
import dev.whittle.ir.tensor.TensorType;
import org.jspecify.annotations.Nullable;

/**
 * An input or output of a node as it is known before the node runs.
 *
 * @param name the value's name, for messages
 * @param type the element type
 * @param shape the shape, which may be dynamic
 * @param quantization the quantization parameters; null for none
 * @param known the contents if they are known: those of a constant, or of a value that depends on
 *     shapes only; null if they are not
 */
public record Operand(
    String name,
    TensorType type,
    Shape shape,
    @Nullable Quantization quantization,
    @Nullable Tensor known) {
  /** Returns a value of a graph as an operand, with its contents if it is a constant. */
  public static Operand of(Value value) {
    return new Operand(
        value.name(), value.type(), value.shape(), value.quantization(), value.contents());
  }

  /** Returns whether the elements are quantized, so that they have a scale. */
  public boolean isQuantized() {
    return quantization != null && quantization.isQuantized();
  }

  /**
   * Returns the quantization parameters.
   *
   * @throws OperandException if the operand has no scale
   */
  public Quantization requireQuantization() {
    if (quantization == null || !quantization.isQuantized()) {
      throw OperandException.invalid("'%s' (%s) has no quantization parameters", name, type);
    }
    return quantization;
  }
}
