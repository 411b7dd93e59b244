package dev.whittle.runtime.kernel.geometry;

/**
 * Sizes and indices of the arrays that kernels allocate for the sizes a model declares. All methods
 * throw {@link ArraySizeException} where a result is not an {@code int}.
 */
public final class ArraySize {
  private ArraySize() {}

  /** Returns a size as an {@code int}. */
  public static int of(long size) {
    int exact = (int) size;
    if (exact != size) {
      throw new ArraySizeException("an array of " + size + " elements");
    }
    return exact;
  }

  /** Returns the product of two sizes. */
  public static int product(int a, int b) {
    return of((long) a * b);
  }

  /** Returns the product of three sizes. */
  public static int product(int a, int b, int c) {
    return product(product(a, b), c);
  }

  /** Returns the sum of two sizes. */
  public static int sum(int a, int b) {
    return of((long) a + b);
  }
}
