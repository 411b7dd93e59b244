package dev.whittle.ir;

import dev.whittle.ir.kernel.Kernel;
import dev.whittle.ir.tensor.OperandException;
import dev.whittle.ir.tensor.TypedShape;
import java.util.List;

/**
 * An implementation of a custom operator. A class path entry makes one known by naming it in {@code
 * META-INF/services/dev.whittle.ir.CustomOperator}. Where there is none, a custom operator has the
 * outputs that its file declares and cannot be run.
 */
public interface CustomOperator {
  /** The name by which files refer to it. */
  String name();

  /**
   * Types and shapes of the outputs.
   *
   * @param options the operator's attributes, in whatever form it has
   * @throws OperandException if it does not take the operands
   */
  List<TypedShape> infer(Operands operands, byte[] options);

  /**
   * What computes the outputs.
   *
   * @throws OperandException if there is nothing for these operands
   */
  Kernel kernel(Operands operands, byte[] options);
}
