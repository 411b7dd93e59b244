package dev.whittle.convert.keras;

import java.util.List;

/** {@code keras.layers}. */
final class KerasLayers {
  static final KerasTable TABLE =
      new KerasTable(
          List.of(
              CoreLayers::register,
              ConvolutionLayers::register,
              PoolingLayers::register,
              NormalizationLayers::register,
              ActivationLayers::register,
              ReshapingLayers::register,
              MergingLayers::register,
              RecurrentLayers::register,
              AttentionLayers::register,
              PreprocessingLayers::register,
              SpectrogramLayers::register,
              TensorFlowCalls::register));

  private KerasLayers() {}
}
