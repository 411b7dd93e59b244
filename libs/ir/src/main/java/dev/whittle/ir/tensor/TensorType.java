package dev.whittle.ir.tensor;

import java.util.Arrays;
import java.util.Optional;

/** Element types of tensors, numbered as in the TensorFlow Lite schema. */
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

  /** The number the schema gives this type. */
  public int code() {
    return code;
  }

  /** Bits of one element; 0 where elements have no fixed size (strings, variants). */
  public int bits() {
    return bits;
  }

  /** Whether every element takes the same number of bits. */
  public boolean hasFixedSize() {
    return bits > 0;
  }

  /** Bytes that {@code elements} packed elements take, rounded up for types under a byte. */
  public long byteSize(long elements) {
    return Math.ceilDiv(Math.multiplyExact(elements, (long) bits), 8L);
  }

  /**
   * Requires elements of one or more whole bytes, which kernels can copy one by one.
   *
   * @throws OperandException if elements are smaller than a byte or have no fixed size
   */
  public void requireWholeBytes() {
    if (bits < 8) {
      throw OperandException.unsupported("no kernel copies single elements of %s", this);
    }
  }

  /** Whether elements are whole numbers (booleans and resources are not). */
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
   * The least number of an integer type of at most 32 bits.
   *
   * @throws IllegalStateException for other types
   */
  public long minInteger() {
    requireIntegerRange();
    return isUnsigned() ? 0 : -(1L << (bits - 1));
  }

  /** The greatest number of an integer type; see {@link #minInteger}. */
  public long maxInteger() {
    requireIntegerRange();
    return (1L << (isUnsigned() ? bits : bits - 1)) - 1;
  }

  private boolean isUnsigned() {
    return name().startsWith("U");
  }

  private void requireIntegerRange() {
    if (!isInteger() || bits > 32) {
      throw new IllegalStateException("no range of integers for " + this);
    }
  }

  /** The type with that schema number, or empty where there is none. */
  public static Optional<TensorType> ofCode(int code) {
    return code >= 0 && code < BY_CODE.length ? Optional.of(BY_CODE[code]) : Optional.empty();
  }
}
