package dev.whittle.ir;

import dev.whittle.ir.tensor.OperandException;
import dev.whittle.ir.tensor.Quantization;
import dev.whittle.ir.tensor.Shape;
import dev.whittle.ir.tensor.Tensor;
import dev.whittle.ir.tensor.TensorType;
import org.jspecify.annotations.Nullable;

/**
 * What is known of a node's input or output.
 *
 * @param known the contents, where they are known before the node runs: a constant, or a value
 *     computed from shapes
 */
public record Operand(
    String name,
    TensorType type,
    Shape shape,
    @Nullable Quantization quantization,
    @Nullable Tensor known) {
  /** A value of a graph by itself: with its contents if it is constant. */
  public static Operand of(Value value) {
    return new Operand(
        value.name(), value.type(), value.shape(), value.quantization(), value.contents());
  }

  public boolean isQuantized() {
    return quantization != null && quantization.isQuantized();
  }

  /**
   * The quantization parameters.
   *
   * @throws OperandException if there is no scale
   */
  public Quantization requireQuantization() {
    if (quantization == null || !quantization.isQuantized()) {
      throw OperandException.invalid("'%s' (%s) has no quantization parameters", name, type);
    }
    return quantization;
  }
}
