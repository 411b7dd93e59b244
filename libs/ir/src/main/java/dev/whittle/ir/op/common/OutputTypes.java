package dev.whittle.ir.op.common;

import dev.whittle.ir.Operands;
import dev.whittle.ir.tensor.OperandException;
import dev.whittle.ir.tensor.Shape;
import dev.whittle.ir.tensor.TensorType;
import dev.whittle.ir.tensor.TypedShape;
import java.util.List;

/**
 * Typing rules that several operators share, to be returned from {@link dev.whittle.ir.Op#infer}.
 */
public final class OutputTypes {
  private OutputTypes() {}

  /** Returns one output with the type and shape of input 0. */
  public static List<TypedShape> sameAsInput(Operands operands) {
    return List.of(new TypedShape(operands.type(0), operands.shape(0)));
  }

  /**
   * Returns one output with the type of inputs 0 and 1 and the shape that they broadcast to.
   *
   * @throws OperandException if their types differ or their shapes do not broadcast
   */
  public static List<TypedShape> broadcast(Operands operands) {
    return List.of(new TypedShape(operands.type(0), broadcastShape(operands)));
  }

  /**
   * Returns one boolean output with the shape that inputs 0 and 1 broadcast to.
   *
   * @throws OperandException if their types differ or their shapes do not broadcast
   */
  public static List<TypedShape> comparison(Operands operands) {
    return List.of(new TypedShape(TensorType.BOOL, broadcastShape(operands)));
  }

  private static Shape broadcastShape(Operands operands) {
    if (operands.type(0) != operands.type(1)) {
      throw OperandException.invalid(
          "operands are %s and %s; expected one type", operands.type(0), operands.type(1));
    }
    return Shapes.broadcast(operands.shape(0), operands.shape(1));
  }
}
