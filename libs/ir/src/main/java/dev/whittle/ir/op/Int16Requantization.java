package dev.whittle.ir.op;

/** The requantization of 64-bit accumulators to 16-bit outputs. */
@FunctionalInterface
public interface Int16Requantization {
  /** Returns the stored output for a sum of products and bias. */
  int apply(long sum, int channel);
}
