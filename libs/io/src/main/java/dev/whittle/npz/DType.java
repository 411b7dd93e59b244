package dev.whittle.npz;

/** The supported element types of arrays. */
public enum DType {
  BOOL('b', 1, 1),
  INT8('i', 1, 1),
  INT16('i', 2, 2),
  INT32('i', 4, 4),
  INT64('i', 8, 8),
  UINT8('u', 1, 1),
  UINT16('u', 2, 2),
  UINT32('u', 4, 4),
  UINT64('u', 8, 8),
  FLOAT16('f', 2, 2),
  FLOAT32('f', 4, 4),
  FLOAT64('f', 8, 8),
  COMPLEX64('c', 8, 4),
  COMPLEX128('c', 16, 8),
  /**
   * The upper half of a float. NumPy has no such type: Python's ml_dtypes package, which JAX and
   * TensorFlow use, saves it as untyped items of two bytes, so these are read as bfloat16.
   */
  BFLOAT16('V', 2, 2),
  /** Byte strings padded with zero bytes to a common length; trailing zero bytes are lost. */
  BYTES('S', 0, 1),
  /** Strings of UTF-32 code points padded with zeros to a common length. */
  UNICODE('U', 0, 4);

  private final char kind;
  private final int itemBytes;
  private final int unitBytes;

  DType(char kind, int itemBytes, int unitBytes) {
    this.kind = kind;
    this.itemBytes = itemBytes;
    this.unitBytes = unitBytes;
  }

  /** Returns whether elements are strings; their length is a property of the array. */
  public boolean isString() {
    return itemBytes == 0;
  }

  /** Returns the size of an element in bytes; 0 for strings. */
  public int itemBytes() {
    return itemBytes;
  }

  /** Returns the bytes of the unit that byte order applies to, such as half a complex number. */
  int unitBytes() {
    return unitBytes;
  }

  /** Returns NumPy's letter for this kind of type. */
  char kind() {
    return kind;
  }
}
