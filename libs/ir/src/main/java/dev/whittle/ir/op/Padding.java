package dev.whittle.ir.op;

import dev.whittle.ir.tensor.OperandException;

/** The padding of a window that slides over an image. */
public enum Padding {
  /** The output has {@code ceil(input / stride)} elements along an axis; zeros are added around. */
  SAME(0),
  /** The window stays within the input; nothing is added. */
  VALID(1);

  private final int code;

  Padding(int code) {
    this.code = code;
  }

  /**
   * Returns the padding with that number in the schema.
   *
   * @throws OperandException for any other number than 0 and 1
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

  /** Returns the number in the schema. */
  public int code() {
    return code;
  }
}
