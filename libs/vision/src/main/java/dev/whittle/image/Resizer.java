package dev.whittle.image;

/**
 * Scales a region of a picture. The arithmetic is in double precision and in a stated order, so
 * that the same steps elsewhere (in a browser, say) give the same bits: along rows first, then
 * along columns, sums from left to right and from top to bottom.
 */
public final class Resizer {
  private static final int CHANNELS = 3;

  private Resizer() {}

  /** The weights of old positions along one axis for one new one. */
  private static final class Taps {
    private final int first;
    private final double[] weights;

    Taps(int first, double[] weights) {
      this.first = first;
      this.weights = weights;
    }
  }

  /** Luma of ITU-R BT.601, as TensorFlow and image libraries compute gray. */
  private static final double RED = 0.299;

  private static final double GREEN = 0.587;
  private static final double BLUE = 0.114;

  /** The gray of a pixel of {@link #resize}. */
  public static double gray(double[] levels, int pixel) {
    int at = CHANNELS * pixel;
    return RED * levels[at] + GREEN * levels[at + 1] + BLUE * levels[at + 2];
  }

  /** Red, green and blue from 0 to 255, {@code [height, width, 3]}. */
  public static double[] resize(
      Image image, Region region, int width, int height, Resampling resampling) {
    Taps[] columns = taps(image.width(), region.left(), region.right(), width, resampling);
    Taps[] rows = taps(image.height(), region.top(), region.bottom(), height, resampling);
    int firstRow = rows[0].first;
    int lastRow = firstRow;
    for (Taps row : rows) {
      lastRow = Math.max(lastRow, row.first + row.weights.length);
    }
    double[] narrow = new double[(lastRow - firstRow) * width * CHANNELS];
    for (int y = firstRow; y < lastRow; y++) {
      for (int x = 0; x < width; x++) {
        double red = 0;
        double green = 0;
        double blue = 0;
        double[] weights = columns[x].weights;
        for (int i = 0; i < weights.length; i++) {
          int pixel = image.pixel(columns[x].first + i, y);
          red += weights[i] * (pixel >> 16 & 0xff);
          green += weights[i] * (pixel >> 8 & 0xff);
          blue += weights[i] * (pixel & 0xff);
        }
        int to = ((y - firstRow) * width + x) * CHANNELS;
        narrow[to] = red;
        narrow[to + 1] = green;
        narrow[to + 2] = blue;
      }
    }
    int line = width * CHANNELS;
    double[] scaled = new double[height * line];
    for (int y = 0; y < height; y++) {
      double[] weights = rows[y].weights;
      for (int i = 0; i < line; i++) {
        double sum = 0;
        for (int k = 0; k < weights.length; k++) {
          sum += weights[k] * narrow[(rows[y].first - firstRow + k) * line + i];
        }
        scaled[y * line + i] = sum;
      }
    }
    return scaled;
  }

  /**
   * What each of {@code count} new positions is made of.
   *
   * @param size old positions
   * @param from where the region begins, as a fraction of them
   */
  private static Taps[] taps(int size, double from, double to, int count, Resampling resampling) {
    double start = from * size;
    double scale = (to * size - start) / count;
    var taps = new Taps[count];
    for (int i = 0; i < count; i++) {
      taps[i] =
          resampling == Resampling.AREA && scale > 1
              ? covered(size, start + i * scale, start + (i + 1) * scale)
              : between(size, start + (i + 0.5) * scale - 0.5);
    }
    return taps;
  }

  private static Taps covered(int size, double from, double to) {
    int first = Math.clamp((int) Math.floor(from), 0, size - 1);
    int end = Math.clamp((int) Math.ceil(to), first + 1, size);
    double[] weights = new double[end - first];
    for (int i = 0; i < weights.length; i++) {
      double left = Math.max(from, first + i);
      double right = Math.min(to, first + i + 1);
      weights[i] = (right - left) / (to - from);
    }
    return new Taps(first, weights);
  }

  private static Taps between(int size, double center) {
    double inside = Math.clamp(center, 0.0, size - 1.0);
    int first = (int) Math.floor(inside);
    double share = inside - first;
    return share == 0
        ? new Taps(first, new double[] {1})
        : new Taps(first, new double[] {1 - share, share});
  }
}
