package dev.whittle.ir;

import dev.whittle.ir.kernel.Kernel;
import dev.whittle.ir.tensor.OperandException;
import dev.whittle.ir.tensor.TypedShape;
import java.util.List;

/**
 * An implementation of a custom operator, which is found by {@link java.util.ServiceLoader}: a jar
 * lists its implementations in {@code META-INF/services/dev.whittle.ir.CustomOperator}. A custom
 * operator without an implementation has the outputs that the graph declares and cannot run.
 */
public interface CustomOperator {
  /** Returns the custom code by which files refer to the operator. */
  String name();

  /**
   * Returns the types and shapes of the outputs; see {@link Op#infer}.
   *
   * @param options the attributes in the operator's own format, often a FlexBuffer
   * @throws OperandException if the operands contradict each other or the attributes
   */
  List<TypedShape> infer(Operands operands, byte[] options);

  /**
   * Returns a new kernel for operands of these types; see {@link Op#kernel}.
   *
   * @param options the attributes in the operator's own format
   * @throws OperandException if no kernel accepts these types
   */
  Kernel kernel(Operands operands, byte[] options);
}
