package dev.whittle.optimize.recipe;

import dev.whittle.ir.tensor.TensorType;

/**
 * What is done to an operator.
 *
 * @param activations INT8 or INT16; of meaning for {@link Compute#INTEGER}
 * @param weights INT8, INT4 or FLOAT16; the latter two for {@link Compute#WEIGHTS_ONLY}
 * @param perChannel whether weights have a scale for each output channel
 * @param blockSize how many weights along their last axis share a scale; 0 for no blocks
 * @param minElements weights of fewer elements stay floats unless activations are integers
 */
public record Settings(
    Compute compute,
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

  public static final Settings FLOAT =
      new Settings(
          Compute.FLOAT,
          TensorType.INT8,
          TensorType.INT8,
          true,
          0,
          WeightMethod.MIN_MAX,
          MIN_ELEMENTS);

  public static final Settings DYNAMIC = FLOAT.with(Compute.DYNAMIC);
  public static final Settings INT8 = FLOAT.with(Compute.INTEGER);
  public static final Settings INT16X8 = INT8.withActivations(TensorType.INT16);
  public static final Settings FLOAT16 =
      FLOAT
          .with(Compute.WEIGHTS_ONLY)
          .withWeights(TensorType.FLOAT16)
          .withMinElements(MIN_HALF_ELEMENTS);

  public Settings {
    if (activations != TensorType.INT8 && activations != TensorType.INT16) {
      throw new IllegalArgumentException("activations must be int8 or int16, not " + activations);
    }
    boolean plain = weights == TensorType.INT8;
    boolean small = weights == TensorType.INT4 || weights == TensorType.FLOAT16;
    if (!plain && !(small && compute != Compute.DYNAMIC && compute != Compute.INTEGER)) {
      throw new IllegalArgumentException(
          "%s weights are stored only, not computed with: use weights_only".formatted(weights));
    }
    if (blockSize != 0 && (compute != Compute.WEIGHTS_ONLY || blockSize < 2)) {
      throw new IllegalArgumentException(
          "blocks need weights_only and at least 2 weights, not " + blockSize);
    }
    if (minElements < 0) {
      throw new IllegalArgumentException("min_elements must not be negative: " + minElements);
    }
  }

  public Settings with(Compute newCompute) {
    return new Settings(
        newCompute, activations, weights, perChannel, blockSize, weightMethod, minElements);
  }

  public Settings withActivations(TensorType newActivations) {
    return new Settings(
        compute, newActivations, weights, perChannel, blockSize, weightMethod, minElements);
  }

  public Settings withWeights(TensorType newWeights) {
    return new Settings(
        compute, activations, newWeights, perChannel, blockSize, weightMethod, minElements);
  }

  public Settings withPerChannel(boolean newPerChannel) {
    return new Settings(
        compute, activations, weights, newPerChannel, blockSize, weightMethod, minElements);
  }

  public Settings withBlockSize(int newBlockSize) {
    return new Settings(
        compute, activations, weights, perChannel, newBlockSize, weightMethod, minElements);
  }

  public Settings withWeightMethod(WeightMethod newMethod) {
    return new Settings(
        compute, activations, weights, perChannel, blockSize, newMethod, minElements);
  }

  public Settings withMinElements(int newMinElements) {
    return new Settings(
        compute, activations, weights, perChannel, blockSize, weightMethod, newMinElements);
  }
}
