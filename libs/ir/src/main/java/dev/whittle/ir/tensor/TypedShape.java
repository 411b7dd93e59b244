package dev.whittle.ir.tensor;

/** Element type and shape of a tensor. */
public record TypedShape(TensorType type, Shape shape) {
  @Override
  public String toString() {
    return type + " " + shape;
  }
}
