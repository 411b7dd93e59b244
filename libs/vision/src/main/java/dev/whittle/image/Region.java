package dev.whittle.image;

/**
 * A part of a picture, in fractions of its width and height; 0, 0 is the upper left corner.
 *
 * @param left at least 0 and less than {@code right}
 * @param right at most 1
 */
public record Region(double left, double top, double right, double bottom) {
  public static final Region WHOLE = new Region(0, 0, 1, 1);

  public Region {
    if (!(left >= 0 && left < right && right <= 1 && top >= 0 && top < bottom && bottom <= 1)) {
      throw new IllegalArgumentException(
          "a region is 0 <= left < right <= 1 and 0 <= top < bottom <= 1, not %s, %s, %s, %s"
              .formatted(left, top, right, bottom));
    }
  }

  /** The greatest square in the middle of a picture. */
  public static Region square(Image image) {
    double side = Math.min(image.width(), image.height());
    double x = (1 - side / image.width()) / 2;
    double y = (1 - side / image.height()) / 2;
    return new Region(x, y, 1 - x, 1 - y);
  }
}
