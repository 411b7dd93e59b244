package dev.whittle.runtime.kernel.simd;

import dev.whittle.ir.op.Activation;

/** The range that float results are clamped to: a fused activation. */
public record Clamp(float min, float max) {
  /** No limits. */
  public static final Clamp NONE = new Clamp(Float.NEGATIVE_INFINITY, Float.POSITIVE_INFINITY);

  /** Returns the range of an activation that {@link Activation#isClamp}. */
  public static Clamp of(Activation activation) {
    return new Clamp(activation.min(), activation.max());
  }

  /** Returns whether all results stay as they are. */
  public boolean isNone() {
    return min == Float.NEGATIVE_INFINITY && max == Float.POSITIVE_INFINITY;
  }
}
