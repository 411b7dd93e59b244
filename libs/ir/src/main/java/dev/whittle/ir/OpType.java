package dev.whittle.ir;

import dev.whittle.ir.tensor.OperandException;
import java.util.function.Function;

/**
 * The catalog entry of an operator: its identity in the TensorFlow Lite schema, the numbers of its
 * operands, and the decoder of its attributes. The usual definition of an operator with one input,
 * one output and one attribute:
 *
 * <pre>{@code
 * public static final OpType<Softmax> TYPE =
 *     OpType.of("SOFTMAX", 25, "SoftmaxOptions", 1, 1,
 *         options -> new Softmax(options.real("beta", 0)));
 * }</pre>
 *
 * @param <T> the operator's class
 * @param name the name in the schema's enumeration of operators, such as {@code FULLY_CONNECTED};
 *     the custom code for a custom operator
 * @param code the code in the schema's enumeration, or {@link #CUSTOM}
 * @param optionTable the schema's name of the option table; empty if the operator has none
 * @param minInputs the number of required inputs; those after them are optional
 * @param maxInputs the largest number of inputs; {@link #MANY} for no limit
 * @param minOutputs the number of required outputs; those after them are optional
 * @param maxOutputs the largest number of outputs; {@link #MANY} for no limit
 * @param decode makes the operator from its options, and throws {@link OperandException} on a value
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
  /** The code of all custom operators. */
  public static final int CUSTOM = 32;

  /** No limit on the number of operands. */
  public static final int MANY = Integer.MAX_VALUE;

  /**
   * Returns the entry of an operator with fixed numbers of inputs and outputs.
   *
   * @param name the name in the schema's enumeration of operators
   * @param code the code in the schema's enumeration
   * @param optionTable the schema's name of the option table; empty if the operator has none
   * @param inputs the number of inputs
   * @param outputs the number of outputs
   * @param decode makes the operator from its options
   */
  public static <T extends Op> OpType<T> of(
      String name,
      int code,
      String optionTable,
      int inputs,
      int outputs,
      Function<Options, T> decode) {
    return new OpType<>(name, code, optionTable, inputs, inputs, outputs, outputs, decode);
  }

  /** Returns this entry with optional inputs after the required ones, {@code max} in all. */
  public OpType<T> withMaxInputs(int max) {
    return new OpType<>(name, code, optionTable, minInputs, max, minOutputs, maxOutputs, decode);
  }

  /** Returns this entry with optional outputs after the required ones, {@code max} in all. */
  public OpType<T> withMaxOutputs(int max) {
    return new OpType<>(name, code, optionTable, minInputs, maxInputs, minOutputs, max, decode);
  }

  public boolean isCustom() {
    return code == CUSTOM;
  }
}
