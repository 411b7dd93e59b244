package dev.whittle.ir.kernel;

import dev.whittle.ir.tensor.Shape;
import org.jspecify.annotations.Nullable;

/** A resource of an interpreter ({@link Invocation#resource}) that holds resource variables. */
public interface VariableStore {
  /**
   * Returns the shape of a variable's contents; null if nothing has been assigned to it.
   *
   * @param variable the variable's name ({@link dev.whittle.ir.VariableAccess#variable})
   */
  @Nullable Shape shape(String variable);
}
