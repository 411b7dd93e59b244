package dev.whittle.ir.tensor;

/**
 * The element type and shape of a tensor.
 *
 * @param type the element type
 * @param shape the shape, which may be dynamic
 */
public record TypedShape(TensorType type, Shape shape) {
  @Override
  public String toString() {
    return type + " " + shape;
  }
}
