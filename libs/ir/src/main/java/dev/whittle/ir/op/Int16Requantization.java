package dev.whittle.ir.op;

/** How 64-bit sums of products, bias included, become 16-bit outputs. */
@FunctionalInterface
public interface Int16Requantization {
  /** The stored output for a sum. */
  int apply(long sum, int channel);
}
