package dev.whittle.image;

import java.awt.Color;
import java.awt.Graphics2D;
import java.awt.image.BufferedImage;
import java.awt.image.DataBufferInt;

/** A decoded picture, upright: 8 bits of red, green and blue for each pixel. Immutable. */
public final class Image {
  private final int width;
  private final int height;

  /** {@code 0xRRGGBB}, row by row. */
  private final int[] pixels;

  /**
   * A picture of these pixels, which it keeps.
   *
   * @param pixels {@code 0xRRGGBB}, row by row
   */
  public Image(int width, int height, int[] pixels) {
    if (width < 1 || height < 1 || pixels.length != width * height) {
      throw new IllegalArgumentException(
          "%d pixels for %d x %d".formatted(pixels.length, width, height));
    }
    this.width = width;
    this.height = height;
    this.pixels = pixels;
  }

  /** A copy of an image's pixels in sRGB; what is transparent becomes white. */
  public static Image of(BufferedImage image) {
    int width = image.getWidth();
    int height = image.getHeight();
    var opaque = new BufferedImage(width, height, BufferedImage.TYPE_INT_RGB);
    Graphics2D graphics = opaque.createGraphics();
    graphics.setColor(Color.WHITE);
    graphics.fillRect(0, 0, width, height);
    graphics.drawImage(image, 0, 0, null);
    graphics.dispose();
    return new Image(width, height, ((DataBufferInt) opaque.getRaster().getDataBuffer()).getData());
  }

  public int width() {
    return width;
  }

  public int height() {
    return height;
  }

  /** {@code 0xRRGGBB} of a pixel. */
  public int pixel(int x, int y) {
    // Java 2D leaves what it likes in the eight bits that are of no color.
    return pixels[y * width + x] & 0xffffff;
  }

  /**
   * This picture as an EXIF orientation says it is to be seen.
   *
   * @param orientation 1 to 8: 1 as it is, 3 upside down, 6 turned right, 8 turned left; the others
   *     are mirrored
   */
  Image oriented(int orientation) {
    boolean swapped = orientation >= 5;
    int newWidth = swapped ? height : width;
    int newHeight = swapped ? width : height;
    if (orientation == 1) {
      return this;
    }
    int[] turned = new int[pixels.length];
    for (int y = 0; y < newHeight; y++) {
      for (int x = 0; x < newWidth; x++) {
        int from =
            switch (orientation) {
              case 2 -> at(width - 1 - x, y);
              case 3 -> at(width - 1 - x, height - 1 - y);
              case 4 -> at(x, height - 1 - y);
              case 5 -> at(y, x);
              case 6 -> at(y, height - 1 - x);
              case 7 -> at(width - 1 - y, height - 1 - x);
              case 8 -> at(width - 1 - y, x);
              default -> throw new IllegalArgumentException("orientation " + orientation);
            };
        turned[y * newWidth + x] = pixels[from];
      }
    }
    return new Image(newWidth, newHeight, turned);
  }

  private int at(int x, int y) {
    return y * width + x;
  }

  /**
   * This picture turned clockwise.
   *
   * @param degrees a multiple of 90
   * @throws IllegalArgumentException if it is not
   */
  public Image rotated(int degrees) {
    return switch (Math.floorMod(degrees, 360)) {
      case 0 -> this;
      case 90 -> oriented(6);
      case 180 -> oriented(3);
      case 270 -> oriented(8);
      default ->
          throw new IllegalArgumentException(
              "pictures turn by 90, 180 or 270 degrees, not " + degrees);
    };
  }
}
