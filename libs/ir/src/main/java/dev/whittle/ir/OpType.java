package dev.whittle.ir;

import dev.whittle.ir.tensor.OperandException;
import java.util.function.Function;

/**
 * The catalog entry of an operator: what is true of all its applications.
 *
 * @param name as in the schema's operator enumeration, such as {@code FULLY_CONNECTED}; the custom
 *     code for custom operators
 * @param code the built-in operator number, or {@link #CUSTOM}
 * @param optionTable the schema's name of the option table; empty if the operator has none
 * @param minInputs how many inputs must be there; later ones are optional
 * @param maxInputs {@link #MANY} for no limit
 * @param decode makes the operator from its options; throws {@link OperandException} on a value
 *     outside the schema's enumerations
 */
public record OpType<T extends Op>(
    String name,
    int code,
    String optionTable,
    int minInputs,
    int maxInputs,
    int minOutputs,
    int maxOutputs,
    Function<Options, T> decode) {
  /** The built-in operator number of all custom operators. */
  public static final int CUSTOM = 32;

  /** No limit on the number of operands. */
  public static final int MANY = Integer.MAX_VALUE;

  /** An operator with exactly these numbers of operands. */
  public static <T extends Op> OpType<T> of(
      String name,
      int code,
      String optionTable,
      int inputs,
      int outputs,
      Function<Options, T> decode) {
    return new OpType<>(name, code, optionTable, inputs, inputs, outputs, outputs, decode);
  }

  /** The same with inputs after the required ones that may be left out. */
  public OpType<T> withMaxInputs(int max) {
    return new OpType<>(name, code, optionTable, minInputs, max, minOutputs, maxOutputs, decode);
  }

  /** The same with more outputs allowed. */
  public OpType<T> withMaxOutputs(int max) {
    return new OpType<>(name, code, optionTable, minInputs, maxInputs, minOutputs, max, decode);
  }

  public boolean isCustom() {
    return code == CUSTOM;
  }
}
