package dev.whittle.ir.tensor;

import java.util.Arrays;
import java.util.Optional;

/** The element types of tensors in the TensorFlow Lite schema. */
public enum TensorType {
  FLOAT32(0, 32),
  FLOAT16(1, 16),
  INT32(2, 32),
  UINT8(3, 8),
  INT64(4, 64),
  STRING(5, 0),
  BOOL(6, 8),
  INT16(7, 16),
  COMPLEX64(8, 64),
  INT8(9, 8),
  FLOAT64(10, 64),
  COMPLEX128(11, 128),
  UINT64(12, 64),
  RESOURCE(13, 32),
  VARIANT(14, 0),
  UINT32(15, 32),
  UINT16(16, 16),
  INT4(17, 4),
  BFLOAT16(18, 16),
  INT2(19, 2),
  UINT4(20, 4),
  FLOAT8_E4M3FN(21, 8),
  FLOAT8_E5M2(22, 8);

  private static final TensorType[] BY_CODE =
      Arrays.stream(values()).sorted((a, b) -> a.code - b.code).toArray(TensorType[]::new);

  private final int code;
  private final int bits;

  TensorType(int code, int bits) {
    this.code = code;
    this.bits = bits;
  }

  /** Returns the code in the schema. */
  public int code() {
    return code;
  }

  /** Returns the bits of one element; 0 for strings and variants, which have no fixed size. */
  public int bits() {
    return bits;
  }

  /** Returns whether all elements have the same number of bits. */
  public boolean hasFixedSize() {
    return bits > 0;
  }

  /**
   * Returns the bytes of packed elements, rounded up for types of less than a byte.
   *
   * @throws ArithmeticException if the number is greater than 2^63 - 1
   */
  public long byteSize(long elements) {
    return Math.ceilDiv(Math.multiplyExact(elements, (long) bits), 8L);
  }

  /**
   * Requires elements of whole bytes, which can be copied one by one.
   *
   * @throws OperandException if elements are smaller than a byte or have no fixed size
   */
  public void requireWholeBytes() {
    if (bits < 8) {
      throw OperandException.unsupported("no kernel copies single elements of %s", this);
    }
  }

  /** Returns whether elements are integers; booleans and resources are not. */
  public boolean isInteger() {
    return switch (this) {
      case INT2, INT4, UINT4, INT8, UINT8, INT16, UINT16, INT32, UINT32, INT64, UINT64 -> true;
      case FLOAT32,
          FLOAT16,
          BFLOAT16,
          FLOAT64,
          FLOAT8_E4M3FN,
          FLOAT8_E5M2,
          BOOL,
          STRING,
          RESOURCE,
          VARIANT,
          COMPLEX64,
          COMPLEX128 ->
          false;
    };
  }

  /**
   * Returns the smallest number of an integer type of at most 32 bits.
   *
   * @throws IllegalStateException for other types
   */
  public long minInteger() {
    requireIntegerRange();
    return isUnsigned() ? 0 : -(1L << (bits - 1));
  }

  /**
   * Returns the largest number of an integer type of at most 32 bits.
   *
   * @throws IllegalStateException for other types
   */
  public long maxInteger() {
    requireIntegerRange();
    return (1L << (isUnsigned() ? bits : bits - 1)) - 1;
  }

  private boolean isUnsigned() {
    return name().startsWith("U");
  }

  private void requireIntegerRange() {
    if (!isInteger() || bits > 32) {
      throw new IllegalStateException(
          "the range of " + this + " is not that of an integer type of at most 32 bits");
    }
  }

  /** Returns the type with a code of the schema, or empty if there is none. */
  public static Optional<TensorType> ofCode(int code) {
    return code >= 0 && code < BY_CODE.length ? Optional.of(BY_CODE[code]) : Optional.empty();
  }
}
