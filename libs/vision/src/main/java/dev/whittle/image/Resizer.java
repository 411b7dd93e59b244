package dev.whittle.image;

/**
 * Separable scaling of a region of an image.
 *
 * <p>The arithmetic is in double precision and in a fixed order: rows first, then columns, with
 * sums from left to right and from top to bottom. The page's {@code image.ts} follows the same
 * order, so that browsers compute the same bits.
 */
public final class Resizer {
  private static final int CHANNELS = 3;

  private Resizer() {}

  /** The weights of consecutive source positions for one target position along an axis. */
  private static final class Taps {
    private final int first;
    private final double[] weights;

    Taps(int first, double[] weights) {
      this.first = first;
      this.weights = weights;
    }
  }

  // Luma of ITU-R BT.601, as in TensorFlow's rgb_to_grayscale.
  private static final double RED = 0.299;
  private static final double GREEN = 0.587;
  private static final double BLUE = 0.114;

  /**
   * Returns the gray level of a pixel, from 0 to 255.
   *
   * @param levels as {@link #resize} returns them
   * @param pixel index of the pixel in row-major order
   */
  public static double gray(double[] levels, int pixel) {
    int red = CHANNELS * pixel;
    return RED * levels[red] + GREEN * levels[red + 1] + BLUE * levels[red + 2];
  }

  /**
   * Scales a region of an image.
   *
   * @param width of the result in pixels
   * @param height of the result in pixels
   * @return levels of red, green and blue from 0 to 255, {@code [height, width, 3]}
   */
  public static double[] resize(
      Image image, Region region, int width, int height, Resampling resampling) {
    Taps[] columns = taps(image.width(), region.left(), region.right(), width, resampling);
    Taps[] rows = taps(image.height(), region.top(), region.bottom(), height, resampling);
    int firstRow = rows[0].first;
    int endRow = firstRow;
    for (Taps row : rows) {
      endRow = Math.max(endRow, row.first + row.weights.length);
    }
    double[] narrow = new double[(endRow - firstRow) * width * CHANNELS];
    for (int y = firstRow; y < endRow; y++) {
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
   * Returns the source positions and weights of each of {@code count} target positions.
   *
   * @param size number of source positions
   * @param from start of the region, as a fraction of {@code size}
   * @param to end of the region, as a fraction of {@code size}
   */
  private static Taps[] taps(int size, double from, double to, int count, Resampling resampling) {
    double start = from * size;
    double scale = (to * size - start) / count;
    var taps = new Taps[count];
    for (int i = 0; i < count; i++) {
      taps[i] =
          resampling == Resampling.AREA && scale > 1
              ? mean(size, start + i * scale, start + (i + 1) * scale)
              : interpolated(size, start + (i + 0.5) * scale - 0.5);
    }
    return taps;
  }

  private static Taps mean(int size, double from, double to) {
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

  private static Taps interpolated(int size, double center) {
    double clamped = Math.clamp(center, 0.0, size - 1.0);
    int first = (int) Math.floor(clamped);
    double fraction = clamped - first;
    return fraction == 0
        ? new Taps(first, new double[] {1})
        : new Taps(first, new double[] {1 - fraction, fraction});
  }
}
