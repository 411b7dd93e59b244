package dev.whittle.optimize.quantize;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.whittle.ir.tensor.Quantization;
import dev.whittle.ir.tensor.TensorType;
import dev.whittle.optimize.calibrate.Range;
import dev.whittle.optimize.recipe.WeightMethod;
import java.util.SplittableRandom;
import org.junit.jupiter.api.Test;

class WeightScalesTest {
  private static float[] weights(long seed, int size) {
    var random = new SplittableRandom(seed);
    float[] weights = new float[size];
    for (int i = 0; i < size; i++) {
      weights[i] = (float) random.nextGaussian();
    }
    return weights;
  }

  private static double error(float[] weights, int[] dims, TensorType type, WeightMethod method) {
    float[] scales = WeightScales.of(weights, dims, 0, type.bits(), method);
    float[] dequantized = WeightQuantizer.dequantized(weights, dims, scales, 0, type);
    double error = 0;
    for (int i = 0; i < weights.length; i++) {
      error += (weights[i] - dequantized[i]) * (weights[i] - dequantized[i]);
    }
    return error;
  }

  @Test
  void clippingReducesTheErrorOfFourBits() {
    float[] weights = weights(9, 8 * 512);
    int[] dims = {8, 512};
    double plain = error(weights, dims, TensorType.INT4, WeightMethod.MIN_MAX);
    double searched = error(weights, dims, TensorType.INT4, WeightMethod.MSE);
    double newton = error(weights, dims, TensorType.INT4, WeightMethod.OCTAV);
    assertTrue(searched < 0.8 * plain, () -> searched + " against " + plain);
    assertTrue(newton < 0.85 * plain, () -> newton + " against " + plain);
  }

  @Test
  void searchIsNeverWorseThanNoClipping() {
    for (long seed = 0; seed < 20; seed++) {
      float[] weights = weights(seed, 64);
      double plain = error(weights, new int[] {4, 16}, TensorType.INT8, WeightMethod.MIN_MAX);
      double searched = error(weights, new int[] {4, 16}, TensorType.INT8, WeightMethod.MSE);
      assertTrue(searched <= plain * 1.0001, "seed " + seed);
    }
  }

  @Test
  void eachSliceAlongTheAxisHasItsOwnScale() {
    float[] weights = {1, -10, 2, 20, -3, 30};
    float[] scales = WeightScales.of(weights, new int[] {3, 2}, 1, 8, WeightMethod.MIN_MAX);
    assertEquals(2, scales.length);
    assertEquals(3f / 127, scales[0]);
    assertEquals(30f / 127, scales[1]);
  }

  @Test
  void rangesContainZeroExactly() {
    for (Range range :
        new Range[] {
          new Range(-1, 3), new Range(2, 5), new Range(-7, -1), new Range(0, 0), new Range(0, 1e-9)
        }) {
      Quantization parameters = ActivationParameters.of(range, TensorType.INT8);
      float low = parameters.scaleValue() * (-128 - parameters.zeroPointValue());
      float high = parameters.scaleValue() * (127 - parameters.zeroPointValue());
      double step = parameters.scaleValue();
      assertTrue(low <= Math.min(range.min(), 0) + step && low <= 0, range::toString);
      assertTrue(high >= Math.max(range.max(), 0) - step && high >= 0, range::toString);
      assertEquals(0, ActivationParameters.of(range, TensorType.INT16).zeroPointValue());
    }
  }
}
