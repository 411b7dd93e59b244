package dev.whittle.image;

/**
 * A rectangle of an image, in fractions of its width and height; 0, 0 is the upper left corner.
 *
 * @param left at least 0 and less than {@code right}
 * @param top at least 0 and less than {@code bottom}
 * @param right at most 1
 * @param bottom at most 1
 */
public record Region(double left, double top, double right, double bottom) {
  /** The whole image. */
  public static final Region WHOLE = new Region(0, 0, 1, 1);

  public Region {
    if (!(left >= 0 && left < right && right <= 1 && top >= 0 && top < bottom && bottom <= 1)) {
      throw new IllegalArgumentException(
          "invalid region: left %s, top %s, right %s, bottom %s; expected 0 <= left < right <= 1"
                  .formatted(left, top, right, bottom)
              + " and 0 <= top < bottom <= 1");
    }
  }

  /** Returns the largest square in the middle of an image. */
  public static Region square(Image image) {
    double side = Math.min(image.width(), image.height());
    double x = (1 - side / image.width()) / 2;
    double y = (1 - side / image.height()) / 2;
    return new Region(x, y, 1 - x, 1 - y);
  }
}
