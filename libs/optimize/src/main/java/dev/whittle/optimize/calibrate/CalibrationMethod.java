package dev.whittle.optimize.calibrate;

import java.util.Locale;

/** A method that derives the range of a tensor from its statistics. */
public sealed interface CalibrationMethod {
  /** The range from the minimum to the maximum, as TensorFlow's converter chooses it. */
  record MinMax() implements CalibrationMethod {}

  /**
   * The range between two percentiles, which leaves out the same share of the numbers on each side.
   *
   * @param kept the percentage of the numbers in the range, over 50 and at most 100
   */
  record Percentile(double kept) implements CalibrationMethod {
    public Percentile {
      if (!(kept > 50 && kept <= 100)) {
        throw new IllegalArgumentException(
            "a percentile must be over 50 and at most 100, not " + kept);
      }
    }
  }

  /**
   * The range whose quantized distribution loses the least information, measured by the
   * Kullback-Leibler divergence (Migacz, "8-bit inference with TensorRT", 2017).
   */
  record Entropy() implements CalibrationMethod {}

  /** The range with the minimum mean squared error of clipping and rounding. */
  record MeanSquaredError() implements CalibrationMethod {}

  /**
   * Returns the method with a name: {@code min_max}, {@code percentile} (99.99), {@code
   * percentile:P} with a percentage P, {@code entropy} or {@code mse}.
   *
   * @throws IllegalArgumentException if there is no such method; the message lists them
   */
  static CalibrationMethod named(String name) {
    String plain = name.toLowerCase(Locale.ROOT).replace('-', '_');
    if (plain.startsWith("percentile:")) {
      try {
        return new Percentile(Double.parseDouble(plain.substring("percentile:".length())));
      } catch (NumberFormatException e) {
        throw new IllegalArgumentException(
            "'%s' has no number after the colon; expected, for example, percentile:99.9"
                .formatted(name),
            e);
      }
    }
    return switch (plain) {
      case "min_max", "minmax" -> new MinMax();
      case "percentile" -> new Percentile(99.99);
      case "entropy" -> new Entropy();
      case "mse" -> new MeanSquaredError();
      default ->
          throw new IllegalArgumentException(
              "no calibration method '"
                  + name
                  + "'; expected min_max, percentile, percentile:99.9, entropy or mse");
    };
  }

  /** Returns the name that {@link #named} accepts for this method. */
  default String label() {
    return switch (this) {
      case MinMax m -> "min_max";
      case Percentile p -> "percentile:" + p.kept();
      case Entropy e -> "entropy";
      case MeanSquaredError m -> "mse";
    };
  }

  /**
   * Returns the range to represent by integers.
   *
   * @param statistics statistics of at least one finite number
   * @param bits the width of the integers
   */
  default Range range(TensorStatistics statistics, int bits) {
    var full = new Range(statistics.min(), statistics.max());
    Range chosen =
        switch (this) {
          case MinMax m -> full;
          case Percentile p -> RangeSearch.percentile(statistics.histogram(), p.kept() / 100);
          case Entropy e -> RangeSearch.entropy(statistics.histogram(), full, bits);
          case MeanSquaredError m ->
              RangeSearch.meanSquaredError(statistics.histogram(), full, bits);
        };
    // The bounds of bins may lie outside the observed range.
    double min = Math.max(chosen.min(), full.min());
    return new Range(min, Math.max(min, Math.min(chosen.max(), full.max())));
  }
}
