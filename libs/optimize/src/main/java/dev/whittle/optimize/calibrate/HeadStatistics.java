package dev.whittle.optimize.calibrate;

import dev.whittle.ir.tensor.Tensor;

/**
 * Ties between class scores that quantization would introduce. Scores near 1 are rounded to the
 * same integer of a fixed scale. If this happens to the two best classes, the predicted class is
 * lost.
 *
 * @param rows the number of rows of scores
 * @param int8Ties the number of rows whose maximum is unique in floats but not in 8-bit integers of
 *     scale 1/256
 * @param int16Ties the number of rows whose maximum is unique in floats but not in 16-bit integers
 *     of scale 1/32768
 * @param saturated the number of scores that are rounded to the maximum 8-bit integer
 */
public record HeadStatistics(long rows, long int8Ties, long int16Ties, long saturated) {
  /** Statistics of no rows. */
  public static final HeadStatistics NONE = new HeadStatistics(0, 0, 0, 0);

  /** Returns these statistics and those of one more tensor, whose last axis counts classes. */
  HeadStatistics plus(Tensor scores) {
    int columns = scores.rank() == 0 ? 1 : scores.dim(scores.rank() - 1);
    long newRows = columns == 0 ? 0 : scores.elements() / columns;
    long newInt8Ties = 0;
    long newInt16Ties = 0;
    long newSaturated = 0;
    for (long row = 0; row < newRows; row++) {
      float best = Float.NEGATIVE_INFINITY;
      for (int c = 0; c < columns; c++) {
        best = Math.max(best, scores.getFloat(row * columns + c));
      }
      int equal = 0;
      int equalAsInt8 = 0;
      int equalAsInt16 = 0;
      for (int c = 0; c < columns; c++) {
        float score = scores.getFloat(row * columns + c);
        equal += score == best ? 1 : 0;
        equalAsInt8 += level(score, 256) == level(best, 256) ? 1 : 0;
        equalAsInt16 += level(score, 32768) == level(best, 32768) ? 1 : 0;
        newSaturated += level(score, 256) == 255 ? 1 : 0;
      }
      newInt8Ties += equal == 1 && equalAsInt8 > 1 ? 1 : 0;
      newInt16Ties += equal == 1 && equalAsInt16 > 1 ? 1 : 0;
    }
    return plus(new HeadStatistics(newRows, newInt8Ties, newInt16Ties, newSaturated));
  }

  private static int level(float score, int levels) {
    return Math.clamp(Math.round((double) score * levels), 0, levels - 1);
  }

  /** Returns the sums of both statistics. */
  HeadStatistics plus(HeadStatistics other) {
    return new HeadStatistics(
        rows + other.rows,
        int8Ties + other.int8Ties,
        int16Ties + other.int16Ties,
        saturated + other.saturated);
  }
}
