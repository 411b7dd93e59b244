package dev.whittle.vision;

import dev.whittle.tflite.ImageMetadata;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;

/**
 * The normalization of a pixel's levels, 0 to 255: {@code (level - mean) / deviation} for each
 * channel.
 *
 * @param mean means of red, green and blue
 * @param deviation deviations of red, green and blue; finite and not 0
 * @param blueFirst true if the model takes channels in the order blue, green, red
 */
public record Normalization(List<Float> mean, List<Float> deviation, boolean blueFirst) {
  /** Levels from 0 to 255, for models that scale by themselves or take bytes. */
  public static final Normalization NONE = of(0, 1);

  /** Levels from 0 to 1. */
  public static final Normalization UNIT = of(0, 255);

  /** Levels from -1 to 1, for MobileNet, Inception and Xception. */
  public static final Normalization TF = of(127.5f, 127.5f);

  /**
   * Channels in the order blue, green, red, less the mean levels of ImageNet, for VGG and ResNet.
   * The means are those of {@code keras.applications.imagenet_utils.preprocess_input}.
   */
  public static final Normalization CAFFE =
      new Normalization(List.of(123.68f, 116.779f, 103.939f), List.of(1f, 1f, 1f), true);

  /** Levels from 0 to 1, standardized by the mean and deviation of ImageNet, for DenseNet. */
  public static final Normalization TORCH =
      new Normalization(
          List.of(123.675f, 116.28f, 103.53f), List.of(58.395f, 57.12f, 57.375f), false);

  private static final Map<String, Normalization> PRESETS =
      Map.of("none", NONE, "unit", UNIT, "tf", TF, "caffe", CAFFE, "torch", TORCH);

  private static final int CHANNELS = 3;

  public Normalization {
    mean = List.copyOf(mean);
    deviation = List.copyOf(deviation);
    if (mean.size() != CHANNELS || deviation.size() != CHANNELS) {
      throw new IllegalArgumentException(
          "%d means and %d deviations; expected one for each of red, green and blue"
              .formatted(mean.size(), deviation.size()));
    }
    if (deviation.stream().anyMatch(d -> d == 0 || !Float.isFinite(d))) {
      throw new IllegalArgumentException(
          "the deviations are " + deviation + "; expected finite numbers other than 0");
    }
  }

  private static Normalization of(float mean, float deviation) {
    return new Normalization(
        List.of(mean, mean, mean), List.of(deviation, deviation, deviation), false);
  }

  /**
   * Returns a preset.
   *
   * @param name {@code tf}, {@code caffe} or {@code torch} as in Keras, {@code unit} or {@code
   *     none}
   * @throws IllegalArgumentException for another name
   */
  public static Normalization named(String name) {
    Normalization preset = PRESETS.get(name.toLowerCase(Locale.ROOT));
    if (preset == null) {
      throw new IllegalArgumentException(
          "unknown normalization '%s'; expected tf, caffe, torch, unit or none".formatted(name));
    }
    return preset;
  }

  /** Returns the normalization in a model's metadata; empty if there is none. */
  public static Optional<Normalization> of(ImageMetadata metadata) {
    List<Float> means = metadata.mean();
    List<Float> deviations = metadata.deviation();
    if (means.size() == 1) {
      return Optional.of(
          new Normalization(
              List.of(means.get(0), means.get(0), means.get(0)),
              List.of(deviations.get(0), deviations.get(0), deviations.get(0)),
              metadata.blueFirst()));
    }
    return means.size() == CHANNELS
        ? Optional.of(new Normalization(means, deviations, metadata.blueFirst()))
        : Optional.empty();
  }

  /** Returns the normalization that maps 0 to {@code low} and 255 to {@code high}. */
  static Normalization ofRange(float low, float high) {
    float deviation = 255 / (high - low);
    return of(-low * deviation, deviation);
  }

  /** Returns whether levels stay from 0 to 255. */
  boolean isNone() {
    return equals(NONE);
  }
}
