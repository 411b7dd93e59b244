package dev.whittle.convert.lower;

import dev.whittle.ir.Value;
import dev.whittle.ir.tensor.TensorType;

/**
 * The element types that an operator computes with. Front ends whose operators accept other types,
 * as NumPy's do, cast their operands to the domain.
 */
public enum Domain {
  /** Any type. */
  ANY,
  /** Any numbers; booleans count as integers. */
  NUMBERS,
  /** 32-bit floats. */
  FLOATS,
  BOOLEANS;

  /** Casts an operand to this domain where its type lies outside. */
  public Value cast(Emitter emit, Value x) {
    return switch (this) {
      case ANY -> x;
      case NUMBERS -> x.type() == TensorType.BOOL ? emit.cast(x, TensorType.INT32) : x;
      case FLOATS -> emit.cast(x, TensorType.FLOAT32);
      case BOOLEANS -> emit.cast(x, TensorType.BOOL);
    };
  }
}
