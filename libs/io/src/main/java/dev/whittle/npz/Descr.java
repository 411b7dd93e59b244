package dev.whittle.npz;

/**
 * An element type as in NumPy's headers, such as {@code <f4}: byte order, kind, size.
 *
 * @param itemBytes size of an element in bytes
 * @param bigEndian true if elements are big endian
 */
record Descr(DType type, int itemBytes, boolean bigEndian) {
  /**
   * Parses NumPy's notation. A missing byte order, {@code |} and {@code =} mean little endian.
   *
   * @throws IllegalArgumentException with the reason, if the element type is not supported
   */
  static Descr parse(String text) {
    boolean hasOrder = !text.isEmpty() && "<>|=".indexOf(text.charAt(0)) >= 0;
    String code = hasOrder ? text.substring(1) : text;
    if (code.isEmpty()) {
      throw unknown(text);
    }
    int size = size(text, code.substring(1));
    DType type = type(text, code.charAt(0), size);
    int itemBytes = type == DType.UNICODE ? Math.multiplyExact(size, 4) : size;
    return new Descr(type, itemBytes, text.charAt(0) == '>' && type.unitBytes() > 1);
  }

  /** Returns NumPy's notation of a little endian type. */
  static String format(DType type, int itemBytes) {
    String order = type.unitBytes() == 1 ? "|" : "<";
    int size = type == DType.UNICODE ? itemBytes / type.unitBytes() : itemBytes;
    return order + type.kind() + size;
  }

  private static int size(String text, String digits) {
    if (digits.isEmpty()) {
      return 0;
    }
    boolean decimal = digits.chars().allMatch(c -> c >= '0' && c <= '9');
    if (!decimal || digits.charAt(0) == '0' || digits.length() > 9) {
      throw unknown(text);
    }
    return Integer.parseInt(digits);
  }

  private static DType type(String text, char kind, int size) {
    for (DType type : DType.values()) {
      boolean sizeFits =
          type.isString() ? size > 0 && size <= Integer.MAX_VALUE / 4 : size == type.itemBytes();
      if (type.kind() == kind && sizeFits) {
        return type;
      }
    }
    throw unsupported(text, kind);
  }

  private static IllegalArgumentException unsupported(String text, char kind) {
    String quoted = MalformedNpzException.printable(text);
    return new IllegalArgumentException(
        switch (kind) {
          case 'O' ->
              "holds pickled Python objects (dtype "
                  + quoted
                  + "), which are never loaded because they can run code;"
                  + " save the array with a number or string dtype";
          case 'M', 'm' -> "holds dates or durations (dtype " + quoted + "); save them as int64";
          case 'V' -> "holds untyped items (dtype " + quoted + "); view them as a number type";
          default -> "dtype " + quoted + " is not supported";
        });
  }

  private static IllegalArgumentException unknown(String text) {
    return new IllegalArgumentException(
        "dtype " + MalformedNpzException.printable(text) + " is not supported");
  }
}
