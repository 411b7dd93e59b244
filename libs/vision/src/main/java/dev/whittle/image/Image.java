package dev.whittle.image;

import java.awt.Color;
import java.awt.Graphics2D;
import java.awt.image.BufferedImage;
import java.awt.image.DataBufferInt;

/** A decoded upright image: 8 bits of red, green and blue for each pixel. Immutable. */
public final class Image {
  private final int width;
  private final int height;

  /** {@code 0xRRGGBB}, in row-major order. */
  private final int[] pixels;

  /**
   * Creates an image that keeps the array of pixels.
   *
   * @param width in pixels, at least 1
   * @param height in pixels, at least 1
   * @param pixels {@code 0xRRGGBB} in row-major order, {@code width * height} of them
   * @throws IllegalArgumentException if the sizes do not fit together
   */
  public Image(int width, int height, int[] pixels) {
    if (width < 1 || height < 1 || pixels.length != width * height) {
      throw new IllegalArgumentException(
          "%d pixels for an image of %d x %d; expected width times height"
              .formatted(pixels.length, width, height));
    }
    this.width = width;
    this.height = height;
    this.pixels = pixels;
  }

  /** Copies an image's pixels in sRGB; transparent pixels are blended with white. */
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

  /** Returns the width in pixels. */
  public int width() {
    return width;
  }

  /** Returns the height in pixels. */
  public int height() {
    return height;
  }

  /** Returns a pixel as {@code 0xRRGGBB}; 0, 0 is the upper left corner. */
  public int pixel(int x, int y) {
    // TYPE_INT_RGB leaves the upper eight bits undefined.
    return pixels[y * width + x] & 0xffffff;
  }

  /**
   * Returns the upright image of a stored one.
   *
   * @param orientation of EXIF, 1 to 8: 1 as stored; 3, 6 and 8 turned clockwise by 180, 90 and 270
   *     degrees; the others are mirrored
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
        int source =
            switch (orientation) {
              case 2 -> index(width - 1 - x, y);
              case 3 -> index(width - 1 - x, height - 1 - y);
              case 4 -> index(x, height - 1 - y);
              case 5 -> index(y, x);
              case 6 -> index(y, height - 1 - x);
              case 7 -> index(width - 1 - y, height - 1 - x);
              case 8 -> index(width - 1 - y, x);
              default ->
                  throw new IllegalArgumentException(
                      "unknown orientation " + orientation + "; expected 1 to 8");
            };
        turned[y * newWidth + x] = pixels[source];
      }
    }
    return new Image(newWidth, newHeight, turned);
  }

  private int index(int x, int y) {
    return y * width + x;
  }

  /**
   * Returns this image turned clockwise.
   *
   * @param degrees a multiple of 90, which may be negative
   * @throws IllegalArgumentException if it is no multiple of 90
   */
  public Image rotated(int degrees) {
    return switch (Math.floorMod(degrees, 360)) {
      case 0 -> this;
      case 90 -> oriented(6);
      case 180 -> oriented(3);
      case 270 -> oriented(8);
      default ->
          throw new IllegalArgumentException(
              "cannot turn an image by " + degrees + " degrees; expected a multiple of 90");
    };
  }
}
