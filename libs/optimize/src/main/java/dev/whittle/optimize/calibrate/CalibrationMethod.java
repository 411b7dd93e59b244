package dev.whittle.optimize.calibrate;

import java.util.Locale;

/** How the range of a tensor follows from what it held. */
public sealed interface CalibrationMethod {
  /** From the least to the greatest number, as TensorFlow's converter does. */
  record MinMax() implements CalibrationMethod {}

  /**
   * Leaves out the same share of the numbers at each end.
   *
   * @param kept the share in per cent that lies between, over 50 and at most 100
   */
  record Percentile(double kept) implements CalibrationMethod {
    public Percentile {
      if (!(kept > 50 && kept <= 100)) {
        throw new IllegalArgumentException("percentile must be over 50 and at most 100: " + kept);
      }
    }
  }

  /**
   * The range whose quantized distribution loses the least information (Kullback-Leibler
   * divergence; Migacz, "8-bit inference with TensorRT", 2017).
   */
  record Entropy() implements CalibrationMethod {}

  /** The range with the least mean square of clipping and rounding errors. */
  record MeanSquaredError() implements CalibrationMethod {}

  /**
   * The method of that name: {@code min_max}, {@code percentile}, {@code percentile:99.9}, {@code
   * entropy} or {@code mse}.
   *
   * @throws IllegalArgumentException for any other, listing these
   */
  static CalibrationMethod named(String name) {
    String plain = name.toLowerCase(Locale.ROOT).replace('-', '_');
    if (plain.startsWith("percentile:")) {
      try {
        return new Percentile(Double.parseDouble(plain.substring("percentile:".length())));
      } catch (NumberFormatException e) {
        throw new IllegalArgumentException("no number in '" + name + "'", e);
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
                  + "'; there are: min_max, percentile, percentile:99.9, entropy, mse");
    };
  }

  /** The name that {@link #named} knows it by. */
  default String label() {
    return switch (this) {
      case MinMax m -> "min_max";
      case Percentile p -> "percentile:" + p.kept();
      case Entropy e -> "entropy";
      case MeanSquaredError m -> "mse";
    };
  }

  /**
   * The range for integers of some bits.
   *
   * @param statistics of at least one finite number
   */
  default Range range(TensorStatistics statistics, int bits) {
    var whole = new Range(statistics.min(), statistics.max());
    Range chosen =
        switch (this) {
          case MinMax m -> whole;
          case Percentile p -> RangeSearch.percentile(statistics.histogram(), p.kept() / 100);
          case Entropy e -> RangeSearch.entropy(statistics.histogram(), whole, bits);
          case MeanSquaredError m ->
              RangeSearch.meanSquaredError(statistics.histogram(), whole, bits);
        };
    // Bins are wider than the numbers in them.
    double min = Math.max(chosen.min(), whole.min());
    return new Range(min, Math.max(min, Math.min(chosen.max(), whole.max())));
  }
}
