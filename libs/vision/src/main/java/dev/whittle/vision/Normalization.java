package dev.whittle.vision;

import dev.whittle.tflite.ImageMetadata;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;

/**
 * What becomes of a pixel's levels of 0 to 255: {@code (level - mean) / deviation}, channel by
 * channel.
 *
 * @param mean of red, green and blue
 * @param deviation of red, green and blue; not 0
 * @param blueFirst whether the model takes blue, green, red
 */
public record Normalization(List<Float> mean, List<Float> deviation, boolean blueFirst) {
  /** Levels as they are, 0 to 255: the model scales by itself, or takes bytes. */
  public static final Normalization NONE = of(0, 1);

  /** 0 to 1. */
  public static final Normalization UNIT = of(0, 255);

  /** -1 to 1, as MobileNet, Inception and Xception take it. */
  public static final Normalization TF = of(127.5f, 127.5f);

  /**
   * Blue, green, red without ImageNet's mean levels, as VGG and ResNet take it. Figures of Keras'
   * {@code preprocess_input}.
   */
  public static final Normalization CAFFE =
      new Normalization(List.of(123.68f, 116.779f, 103.939f), List.of(1f, 1f, 1f), true);

  /** 0 to 1 with ImageNet's mean and deviation made 0 and 1, as DenseNet takes it. */
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
      throw new IllegalArgumentException("a mean and a deviation for red, green and blue each");
    }
    if (deviation.stream().anyMatch(d -> d == 0 || !Float.isFinite(d))) {
      throw new IllegalArgumentException("deviations " + deviation);
    }
  }

  private static Normalization of(float mean, float deviation) {
    return new Normalization(
        List.of(mean, mean, mean), List.of(deviation, deviation, deviation), false);
  }

  /**
   * A preset: {@code tf}, {@code caffe} or {@code torch}, as Keras calls them, {@code unit}, {@code
   * none}.
   *
   * @throws IllegalArgumentException for another name
   */
  public static Normalization named(String name) {
    Normalization preset = PRESETS.get(name.toLowerCase(Locale.ROOT));
    if (preset == null) {
      throw new IllegalArgumentException(
          "no normalization is called '%s': tf, caffe, torch, unit or none".formatted(name));
    }
    return preset;
  }

  /** What a model's metadata states; empty if it states nothing. */
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

  /** The range that levels from 0 to 255 become. */
  static Normalization ofRange(float low, float high) {
    float deviation = 255 / (high - low);
    return of(-low * deviation, deviation);
  }

  /** Whether levels stay as they are. */
  boolean isNone() {
    return equals(NONE);
  }
}
