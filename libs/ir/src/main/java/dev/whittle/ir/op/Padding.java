package dev.whittle.ir.op;

import dev.whittle.ir.tensor.OperandException;

/** The padding of an image under a sliding window. */
public enum Padding {
  /** The input is padded to {@code ceil(input / stride)} output elements along each axis. */
  SAME(0),
  /** The input is not padded: every window is within it. */
  VALID(1);

  private final int code;

  Padding(int code) {
    this.code = code;
  }

  /**
   * Returns the padding with a code of the schema.
   *
   * @throws OperandException if there is no such code
   */
  public static Padding ofCode(int code) {
    return switch (code) {
      case 0 -> SAME;
      case 1 -> VALID;
      default ->
          throw OperandException.invalid(
              "unknown padding code %d; expected 0 (SAME) or 1 (VALID)", code);
    };
  }

  /** Returns the code in the TensorFlow Lite schema. */
  public int code() {
    return code;
  }
}
