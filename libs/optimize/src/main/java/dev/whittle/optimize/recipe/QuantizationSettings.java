package dev.whittle.optimize.recipe;

import dev.whittle.ir.tensor.TensorType;
import java.util.Locale;

/**
 * The quantization of an operator.
 *
 * @param mode the number formats of weights and activations
 * @param activations the type of activations: INT8 or INT16; used with {@link
 *     QuantizationMode#INTEGER}
 * @param weights the type of weights: INT8, or INT4 or FLOAT16 with {@link
 *     QuantizationMode#WEIGHTS_ONLY}
 * @param perChannel whether weights have a scale for each output channel; otherwise one scale for
 *     each tensor
 * @param blockSize the number of weights along the last axis that share a scale, at least 2; 0 for
 *     no blocks
 * @param weightMethod the method that chooses the range of weights
 * @param minElements the minimum number of elements of weights to quantize, at least 0; not used
 *     with {@link QuantizationMode#INTEGER}
 */
public record QuantizationSettings(
    QuantizationMode mode,
    TensorType activations,
    TensorType weights,
    boolean perChannel,
    int blockSize,
    WeightMethod weightMethod,
    int minElements) {
  /** The default of {@link #minElements}, which is that of TensorFlow's converter. */
  public static final int MIN_ELEMENTS = 1024;

  /** The minimum for half precision: below, a DEQUANTIZE takes more space than it saves. */
  public static final int MIN_HALF_ELEMENTS = 64;

  /** Weights and activations in floats. */
  public static final QuantizationSettings FLOAT =
      new QuantizationSettings(
          QuantizationMode.FLOAT,
          TensorType.INT8,
          TensorType.INT8,
          true,
          0,
          WeightMethod.MIN_MAX,
          MIN_ELEMENTS);

  /** Dynamic range quantization: 8-bit weights, float activations. */
  public static final QuantizationSettings DYNAMIC = FLOAT.withMode(QuantizationMode.DYNAMIC);

  /** 8-bit weights and activations. */
  public static final QuantizationSettings INT8 = FLOAT.withMode(QuantizationMode.INTEGER);

  /** 8-bit weights and 16-bit activations. */
  public static final QuantizationSettings INT16X8 = INT8.withActivations(TensorType.INT16);

  /** Weights in half precision. */
  public static final QuantizationSettings FLOAT16 =
      FLOAT
          .withMode(QuantizationMode.WEIGHTS_ONLY)
          .withWeights(TensorType.FLOAT16)
          .withMinElements(MIN_HALF_ELEMENTS);

  /**
   * Creates settings.
   *
   * @throws IllegalArgumentException if a type or the block size does not fit the mode
   */
  public QuantizationSettings {
    if (activations != TensorType.INT8 && activations != TensorType.INT16) {
      throw new IllegalArgumentException("activations must be int8 or int16, not " + activations);
    }
    boolean storedOnly = weights == TensorType.INT4 || weights == TensorType.FLOAT16;
    if (weights != TensorType.INT8 && !storedOnly) {
      throw new IllegalArgumentException("weights must be int8, int4 or float16, not " + weights);
    }
    if (storedOnly && (mode == QuantizationMode.DYNAMIC || mode == QuantizationMode.INTEGER)) {
      throw new IllegalArgumentException(
          "%s weights need the mode weights_only, not %s"
              .formatted(weights, mode.name().toLowerCase(Locale.ROOT)));
    }
    if (blockSize != 0 && (mode != QuantizationMode.WEIGHTS_ONLY || blockSize < 2)) {
      throw new IllegalArgumentException(
          "a block size of %d in the mode %s; expected at least 2 and the mode weights_only"
              .formatted(blockSize, mode.name().toLowerCase(Locale.ROOT)));
    }
    if (minElements < 0) {
      throw new IllegalArgumentException("min_elements must be at least 0, not " + minElements);
    }
  }

  /** Returns these settings with another mode. */
  public QuantizationSettings withMode(QuantizationMode newMode) {
    return new QuantizationSettings(
        newMode, activations, weights, perChannel, blockSize, weightMethod, minElements);
  }

  /** Returns these settings with another type of activations. */
  public QuantizationSettings withActivations(TensorType newActivations) {
    return new QuantizationSettings(
        mode, newActivations, weights, perChannel, blockSize, weightMethod, minElements);
  }

  /** Returns these settings with another type of weights. */
  public QuantizationSettings withWeights(TensorType newWeights) {
    return new QuantizationSettings(
        mode, activations, newWeights, perChannel, blockSize, weightMethod, minElements);
  }

  /** Returns these settings with or without a scale for each output channel. */
  public QuantizationSettings withPerChannel(boolean newPerChannel) {
    return new QuantizationSettings(
        mode, activations, weights, newPerChannel, blockSize, weightMethod, minElements);
  }

  /** Returns these settings with another block size. */
  public QuantizationSettings withBlockSize(int newBlockSize) {
    return new QuantizationSettings(
        mode, activations, weights, perChannel, newBlockSize, weightMethod, minElements);
  }

  /** Returns these settings with another method for the range of weights. */
  public QuantizationSettings withWeightMethod(WeightMethod newMethod) {
    return new QuantizationSettings(
        mode, activations, weights, perChannel, blockSize, newMethod, minElements);
  }

  /** Returns these settings with another minimum number of elements. */
  public QuantizationSettings withMinElements(int newMinElements) {
    return new QuantizationSettings(
        mode, activations, weights, perChannel, blockSize, weightMethod, newMinElements);
  }
}
