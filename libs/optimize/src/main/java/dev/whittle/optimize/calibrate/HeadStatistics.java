package dev.whittle.optimize.calibrate;

import dev.whittle.ir.tensor.Tensor;

/**
 * What an output with scores would lose as integers of a fixed scale. Scores near 1 become the same
 * integer; where the two best classes do, nobody can tell any more which one won.
 *
 * @param rows how many rows of scores there were
 * @param int8Ties rows whose best score is unique in floats but not in 8-bit integers of scale
 *     1/256
 * @param int16Ties the same for 16-bit integers of scale 1/32768
 * @param saturated scores that become the greatest 8-bit integer
 */
public record HeadStatistics(long rows, long int8Ties, long int16Ties, long saturated) {
  public static final HeadStatistics NONE = new HeadStatistics(0, 0, 0, 0);

  /** With the rows of one more tensor of scores. */
  HeadStatistics plus(Tensor scores) {
    int columns = scores.rank() == 0 ? 1 : scores.dim(scores.rank() - 1);
    long newRows = columns == 0 ? 0 : scores.elements() / columns;
    long newTies = 0;
    long newTiesOf16 = 0;
    long newSaturated = 0;
    for (long row = 0; row < newRows; row++) {
      float best = Float.NEGATIVE_INFINITY;
      for (int c = 0; c < columns; c++) {
        best = Math.max(best, scores.getFloat(row * columns + c));
      }
      int equal = 0;
      int equalAs8 = 0;
      int equalAs16 = 0;
      for (int c = 0; c < columns; c++) {
        float score = scores.getFloat(row * columns + c);
        equal += score == best ? 1 : 0;
        equalAs8 += level(score, 256) == level(best, 256) ? 1 : 0;
        equalAs16 += level(score, 32768) == level(best, 32768) ? 1 : 0;
        newSaturated += level(score, 256) == 255 ? 1 : 0;
      }
      newTies += equal == 1 && equalAs8 > 1 ? 1 : 0;
      newTiesOf16 += equal == 1 && equalAs16 > 1 ? 1 : 0;
    }
    return plus(new HeadStatistics(newRows, newTies, newTiesOf16, newSaturated));
  }

  private static int level(float score, int levels) {
    return Math.clamp(Math.round((double) score * levels), 0, levels - 1);
  }

  HeadStatistics plus(HeadStatistics other) {
    return new HeadStatistics(
        rows + other.rows,
        int8Ties + other.int8Ties,
        int16Ties + other.int16Ties,
        saturated + other.saturated);
  }
}
