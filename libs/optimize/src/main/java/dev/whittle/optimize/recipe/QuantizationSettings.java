package dev.whittle.optimize.recipe;

import dev.whittle.ir.tensor.TensorType;

/**
 * What is done to an operator.
 *
 * @param activations INT8 or INT16; of meaning for {@link QuantizationMode#INTEGER}
 * @param weights INT8, INT4 or FLOAT16; the latter two for {@link QuantizationMode#WEIGHTS_ONLY}
 * @param perChannel whether weights have a scale for each output channel
 * @param blockSize how many weights along their last axis share a scale; 0 for no blocks
 * @param minElements weights of fewer elements stay floats unless activations are integers
 */
public record QuantizationSettings(
    QuantizationMode mode,
    TensorType activations,
    TensorType weights,
    boolean perChannel,
    int blockSize,
    WeightMethod weightMethod,
    int minElements) {
  /** Weights of fewer elements are not worth it, as in TensorFlow's converter. */
  public static final int MIN_ELEMENTS = 1024;

  /** Below this a constant and its DEQUANTIZE take more space in half precision than in single. */
  public static final int MIN_HALF_ELEMENTS = 64;

  public static final QuantizationSettings FLOAT =
      new QuantizationSettings(
          QuantizationMode.FLOAT,
          TensorType.INT8,
          TensorType.INT8,
          true,
          0,
          WeightMethod.MIN_MAX,
          MIN_ELEMENTS);

  public static final QuantizationSettings DYNAMIC = FLOAT.withMode(QuantizationMode.DYNAMIC);
  public static final QuantizationSettings INT8 = FLOAT.withMode(QuantizationMode.INTEGER);
  public static final QuantizationSettings INT16X8 = INT8.withActivations(TensorType.INT16);
  public static final QuantizationSettings FLOAT16 =
      FLOAT
          .withMode(QuantizationMode.WEIGHTS_ONLY)
          .withWeights(TensorType.FLOAT16)
          .withMinElements(MIN_HALF_ELEMENTS);

  public QuantizationSettings {
    if (activations != TensorType.INT8 && activations != TensorType.INT16) {
      throw new IllegalArgumentException("activations must be int8 or int16, not " + activations);
    }
    boolean plain = weights == TensorType.INT8;
    boolean small = weights == TensorType.INT4 || weights == TensorType.FLOAT16;
    if (!plain
        && !(small && mode != QuantizationMode.DYNAMIC && mode != QuantizationMode.INTEGER)) {
      throw new IllegalArgumentException(
          "%s weights are stored only, not computed with: use weights_only".formatted(weights));
    }
    if (blockSize != 0 && (mode != QuantizationMode.WEIGHTS_ONLY || blockSize < 2)) {
      throw new IllegalArgumentException(
          "blocks need weights_only and at least 2 weights, not " + blockSize);
    }
    if (minElements < 0) {
      throw new IllegalArgumentException("min_elements must not be negative: " + minElements);
    }
  }

  public QuantizationSettings withMode(QuantizationMode newMode) {
    return new QuantizationSettings(
        newMode, activations, weights, perChannel, blockSize, weightMethod, minElements);
  }

  public QuantizationSettings withActivations(TensorType newActivations) {
    return new QuantizationSettings(
        mode, newActivations, weights, perChannel, blockSize, weightMethod, minElements);
  }

  public QuantizationSettings withWeights(TensorType newWeights) {
    return new QuantizationSettings(
        mode, activations, newWeights, perChannel, blockSize, weightMethod, minElements);
  }

  public QuantizationSettings withPerChannel(boolean newPerChannel) {
    return new QuantizationSettings(
        mode, activations, weights, newPerChannel, blockSize, weightMethod, minElements);
  }

  public QuantizationSettings withBlockSize(int newBlockSize) {
    return new QuantizationSettings(
        mode, activations, weights, perChannel, newBlockSize, weightMethod, minElements);
  }

  public QuantizationSettings withWeightMethod(WeightMethod newMethod) {
    return new QuantizationSettings(
        mode, activations, weights, perChannel, blockSize, newMethod, minElements);
  }

  public QuantizationSettings withMinElements(int newMinElements) {
    return new QuantizationSettings(
        mode, activations, weights, perChannel, blockSize, weightMethod, newMinElements);
  }
}
