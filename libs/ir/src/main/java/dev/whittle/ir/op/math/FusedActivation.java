package dev.whittle.ir.op.math;

import dev.whittle.ir.op.Activation;
import dev.whittle.ir.op.common.ElementwiseKernels.FloatBinary;
import dev.whittle.ir.op.common.ElementwiseKernels.LongBinary;

/** Arithmetic functions with a fused activation, which must be a clamp. */
final class FusedActivation {
  private FusedActivation() {}

  /** Returns {@code function} of floats, clamped by {@code activation}. */
  static FloatBinary floats(FloatBinary function, Activation activation) {
    if (activation == Activation.NONE) {
      return function;
    }
    float low = activation.requireClamp().min();
    float high = activation.max();
    return (a, b) -> Math.min(Math.max(function.apply(a, b), low), high);
  }

  /** Returns {@code function} of integers that are not quantized, clamped by {@code activation}. */
  static LongBinary integers(LongBinary function, Activation activation) {
    if (activation == Activation.NONE) {
      return function;
    }
    long low =
        activation.requireClamp().min() == Float.NEGATIVE_INFINITY
            ? Long.MIN_VALUE
            : (long) activation.min();
    long high =
        activation.max() == Float.POSITIVE_INFINITY ? Long.MAX_VALUE : (long) activation.max();
    return (a, b) -> Math.min(Math.max(function.apply(a, b), low), high);
  }
}
