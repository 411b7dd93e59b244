package dev.whittle.ir.op;

import dev.whittle.ir.kernel.FixedPoint;
import dev.whittle.ir.tensor.Quantization;
import java.util.List;

/**
 * The requantization of 32-bit accumulators to 8-bit outputs, as TensorFlow Lite's built-in kernels
 * compute it.
 */
public final class Requantization {
  private final List<FixedPoint.Multiplier> multipliers;
  private final boolean tiesUp;
  private final int outputZero;
  private final Activation.Bounds bounds;

  /**
   * Makes a requantization.
   *
   * @param multipliers one multiplier for each output channel, or one for all
   * @param tiesUp whether ties are rounded toward positive infinity, as the matrix kernels do;
   *     otherwise away from zero
   * @param output the parameters of the output
   * @param bounds the bounds of the output
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

  /** Returns the multiplier of an output channel. */
  public FixedPoint.Multiplier multiplier(int channel) {
    return multipliers.get(multipliers.size() == 1 ? 0 : channel);
  }

  /** Returns whether ties are rounded toward positive infinity; otherwise away from zero. */
  public boolean tiesUp() {
    return tiesUp;
  }

  /** Returns the zero point of the output. */
  public int outputZero() {
    return outputZero;
  }

  /** Returns the bounds of stored outputs. */
  public Activation.Bounds bounds() {
    return bounds;
  }

  /** Returns the stored output for a sum of products and bias. */
  public int apply(int sum, int channel) {
    FixedPoint.Multiplier multiplier = multiplier(channel);
    int scaled = tiesUp ? multiplier.applyTiesUp(sum) : multiplier.apply(sum);
    return bounds.clamp(scaled + outputZero);
  }
}
