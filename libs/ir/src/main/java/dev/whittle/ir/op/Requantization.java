package dev.whittle.ir.op;

import dev.whittle.ir.kernel.FixedPoint;
import dev.whittle.ir.tensor.Quantization;
import java.util.List;

/** How 32-bit sums of products become 8-bit outputs (quantization notes, section b). */
public final class Requantization {
  private final List<FixedPoint.Multiplier> multipliers;
  private final boolean tiesUp;
  private final int outputZero;
  private final Activation.Bounds bounds;

  /**
   * A requantization.
   *
   * @param multipliers one for each output channel, or one for all
   * @param tiesUp whether halves are rounded up, as matrix kernels do, or away from zero
   */
  public Requantization(
      FixedPoint.Multiplier[] multipliers,
      boolean tiesUp,
      Quantization output,
      Activation.Bounds bounds) {
    this.multipliers = List.of(multipliers);
    this.tiesUp = tiesUp;
    this.outputZero = output.zeroPointValue();
    this.bounds = bounds;
  }

  /** The multiplier of an output channel. */
  public FixedPoint.Multiplier multiplier(int channel) {
    return multipliers.get(multipliers.size() == 1 ? 0 : channel);
  }

  /** Whether halves are rounded up; if not, away from zero. */
  public boolean tiesUp() {
    return tiesUp;
  }

  public int outputZero() {
    return outputZero;
  }

  /** What stored outputs are clamped to. */
  public Activation.Bounds bounds() {
    return bounds;
  }

  /** The stored output for a sum of products, bias included. */
  public int apply(int sum, int channel) {
    FixedPoint.Multiplier multiplier = multiplier(channel);
    int scaled = tiesUp ? multiplier.applyTiesUp(sum) : multiplier.apply(sum);
    return bounds.clamp(scaled + outputZero);
  }
}
