package dev.whittle.runtime.kernel.geometry;

/**
 * Thrown while a fast kernel is planned if a size or an index of its arrays would exceed 2^31 - 1,
 * the limit of Java's arrays. Models may declare such sizes: the kernel selector leaves their nodes
 * to the reference kernels, which need no arrays of their own.
 */
public final class ArraySizeException extends RuntimeException {
  private static final long serialVersionUID = 1L;

  ArraySizeException(String message) {
    super(message);
  }
}
