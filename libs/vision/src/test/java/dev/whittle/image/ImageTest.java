package dev.whittle.image;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.whittle.image.ImageException.Reason;
import java.awt.Color;
import java.awt.image.BufferedImage;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.Base64;
import java.util.List;
import java.util.SplittableRandom;
import javax.imageio.ImageIO;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class ImageTest {
  private static final long SEED = 20261122L;
  private static final Path CAT = Path.of("..", "..", "quality", "testdata", "vision", "cat.jpg");

  /** The four pixels below as lossless WebP, made by cwebp 1.2.4. */
  private static final String WEBP =
      "UklGRiwAAABXRUJQVlA4TB8AAAAvAUAAAB8gEEjeHzqN+RcQFPwf3fxHZA/gBgwR/Q8BAA==";

  /** Red, green / blue, white. */
  private static BufferedImage four() {
    var image = new BufferedImage(2, 2, BufferedImage.TYPE_INT_RGB);
    image.setRGB(0, 0, 0xff0000);
    image.setRGB(1, 0, 0x00ff00);
    image.setRGB(0, 1, 0x0000ff);
    image.setRGB(1, 1, 0xffffff);
    return image;
  }

  private static byte[] encode(BufferedImage image, String format) throws IOException {
    var out = new ByteArrayOutputStream();
    assertTrue(ImageIO.write(image, format, out), format);
    return out.toByteArray();
  }

  private static Image decode(byte[] bytes) throws IOException {
    return ImageDecoder.DEFAULT.decode(bytes, "an image");
  }

  private static List<Integer> pixels(Image image) {
    return List.of(image.pixel(0, 0), image.pixel(1, 0), image.pixel(0, 1), image.pixel(1, 1));
  }

  @ParameterizedTest
  @ValueSource(strings = {"png", "bmp", "gif"})
  void decodesLosslessFormatsExactly(String format) throws IOException {
    // GIF needs a palette, and Java's GIF reader needs this many rows.
    var source = new BufferedImage(16, 16, BufferedImage.TYPE_BYTE_INDEXED);
    BufferedImage four = four();
    for (int i = 0; i < 256; i++) {
      source.setRGB(i % 16, i / 16, four.getRGB(i % 2, i / 16 % 2));
    }
    Image image = decode(encode(source, format));
    for (int i = 0; i < 256; i++) {
      assertEquals(four.getRGB(i % 2, i / 16 % 2) & 0xffffff, image.pixel(i % 16, i / 16));
    }
  }

  @Test
  void blendsTransparentPixelsWithWhite() throws IOException {
    var source = new BufferedImage(2, 1, BufferedImage.TYPE_INT_ARGB);
    source.setRGB(0, 0, 0x00ff0000);
    source.setRGB(1, 0, 0x80000000);
    Image image = decode(encode(source, "png"));
    assertEquals(0xffffff, image.pixel(0, 0));
    assertEquals(0x7f, image.pixel(1, 0) & 0xff);
  }

  @Test
  void appliesExifOrientation() throws IOException {
    // By orientation, the color that each quarter of the stored image shows (EXIF 2.32, 4.6.4).
    var storedQuarters =
        new int[][] {
          {},
          {0, 1, 2, 3},
          {1, 0, 3, 2},
          {3, 2, 1, 0},
          {2, 3, 0, 1},
          {0, 2, 1, 3},
          {1, 3, 0, 2},
          {3, 1, 2, 0},
          {2, 0, 3, 1}
        };
    int[] colors = {0xff0000, 0x00ff00, 0x0000ff, 0xffffff};
    for (int orientation = 1; orientation <= 8; orientation++) {
      var stored = new BufferedImage(32, 32, BufferedImage.TYPE_INT_RGB);
      var graphics = stored.createGraphics();
      for (int quarter = 0; quarter < 4; quarter++) {
        graphics.setColor(new Color(colors[storedQuarters[orientation][quarter]]));
        graphics.fillRect(16 * (quarter % 2), 16 * (quarter / 2), 16, 16);
      }
      graphics.dispose();
      Image upright = decode(withOrientation(encode(stored, "jpg"), orientation));
      int[] quarters = {
        upright.pixel(4, 4), upright.pixel(28, 4), upright.pixel(4, 28), upright.pixel(28, 28)
      };
      for (int quarter = 0; quarter < 4; quarter++) {
        assertTrue(
            distance(quarters[quarter], colors[quarter]) < 24,
            "orientation %d, quarter %d: %06x".formatted(orientation, quarter, quarters[quarter]));
      }
    }
  }

  private static int distance(int a, int b) {
    int max = 0;
    for (int shift = 0; shift < 24; shift += 8) {
      max = Math.max(max, Math.abs((a >> shift & 0xff) - (b >> shift & 0xff)));
    }
    return max;
  }

  /** Inserts an EXIF segment that has only an orientation into a JPEG file. */
  private static byte[] withOrientation(byte[] jpeg, int orientation) {
    byte[] exif = {
      (byte) 0xff,
      (byte) 0xe1,
      0,
      34,
      'E',
      'x',
      'i',
      'f',
      0,
      0,
      'M',
      'M',
      0,
      42,
      0,
      0,
      0,
      8,
      0,
      1,
      1,
      18,
      0,
      3,
      0,
      0,
      0,
      1,
      0,
      (byte) orientation,
      0,
      0,
      0,
      0,
      0,
      0
    };
    var out = new ByteArrayOutputStream();
    out.write(jpeg, 0, 2);
    out.writeBytes(exif);
    out.write(jpeg, 2, jpeg.length - 2);
    return out.toByteArray();
  }

  @Test
  void decodesLosslessWebP() throws IOException {
    Image image = decode(Base64.getDecoder().decode(WEBP));
    assertEquals(List.of(0xff0000, 0x00ff00, 0x0000ff, 0xffffff), pixels(image));
  }

  @Test
  void rotatesByMultiplesOf90Degrees() {
    Image image = Image.of(four());
    assertEquals(List.of(0x0000ff, 0xff0000, 0xffffff, 0x00ff00), pixels(image.rotated(90)));
    assertEquals(pixels(image), pixels(image.rotated(90).rotated(90).rotated(-270).rotated(90)));
    assertThrows(IllegalArgumentException.class, () -> image.rotated(45));
  }

  @Test
  void rejectsImagesThatAreTooLargeByTheirHeader() throws IOException {
    byte[] png = encode(new BufferedImage(200, 100, BufferedImage.TYPE_BYTE_GRAY), "png");
    var strict = new ImageDecoder(1 << 20, 19_999);
    var thrown = assertThrows(ImageException.class, () -> strict.decode(png, "it"));
    assertEquals(Reason.TOO_LARGE, thrown.reason());
    assertEquals("it: has 200 x 100 pixels; the limit is 19,999", thrown.getMessage());
    var small = new ImageDecoder(10, 1 << 20);
    assertEquals(
        Reason.TOO_LARGE,
        assertThrows(ImageException.class, () -> small.decode(png, "it")).reason());
  }

  @Test
  void rejectsBrokenImagesOnlyWithImageException() throws IOException {
    var random = new SplittableRandom(SEED);
    byte[][] valid = {
      Files.readAllBytes(CAT),
      encode(four(), "png"),
      encode(four(), "gif"),
      encode(four(), "bmp"),
      Base64.getDecoder().decode(WEBP)
    };
    int rejected = 0;
    var decoder = new ImageDecoder(1 << 20, 1 << 20);
    for (int i = 0; i < 1500; i++) {
      byte[] broken = valid[i % valid.length].clone();
      int head = Math.min(broken.length, 600);
      for (int k = random.nextInt(1, 6); k > 0; k--) {
        broken[random.nextInt(head)] = (byte) random.nextInt(256);
      }
      if (random.nextInt(3) == 0) {
        broken = Arrays.copyOf(broken, random.nextInt(broken.length));
      }
      try {
        decoder.decode(broken, "it");
      } catch (ImageException e) {
        rejected++;
      }
    }
    assertTrue(rejected > 300, rejected + " rejected, seed " + SEED);
  }
}
