package dev.whittle.image;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import java.util.Arrays;
import java.util.SplittableRandom;
import org.junit.jupiter.api.Test;

class ResizerTest {
  private static final long SEED = 20261122L;

  private static Image random(int width, int height) {
    var random = new SplittableRandom(SEED);
    int[] pixels = new int[width * height];
    for (int i = 0; i < pixels.length; i++) {
      pixels[i] = random.nextInt(1 << 24);
    }
    return new Image(width, height, pixels);
  }

  private static double[] levels(Image image) {
    double[] levels = new double[image.width() * image.height() * 3];
    for (int i = 0; i < image.width() * image.height(); i++) {
      int pixel = image.pixel(i % image.width(), i / image.width());
      levels[3 * i] = pixel >> 16;
      levels[3 * i + 1] = pixel >> 8 & 0xff;
      levels[3 * i + 2] = pixel & 0xff;
    }
    return levels;
  }

  @Test
  void keepsPixelsAtTheSameSize() {
    Image image = random(17, 9);
    for (Resampling resampling : Resampling.values()) {
      assertArrayEquals(
          levels(image), Resizer.resize(image, Region.WHOLE, 17, 9, resampling), 1e-9);
    }
  }

  @Test
  void averagesBlocksAtIntegerFactors() {
    Image image = random(12, 8);
    double[] levels = levels(image);
    double[] expected = new double[4 * 4 * 3];
    for (int y = 0; y < 8; y++) {
      for (int x = 0; x < 12; x++) {
        for (int c = 0; c < 3; c++) {
          expected[((y / 2) * 4 + x / 3) * 3 + c] += levels[(y * 12 + x) * 3 + c] / 6;
        }
      }
    }
    assertArrayEquals(expected, Resizer.resize(image, Region.WHOLE, 4, 4, Resampling.AREA), 1e-9);
  }

  @Test
  void keepsTheMeanLevelAtAnyFactor() {
    Image image = random(101, 67);
    double before = Arrays.stream(levels(image)).average().orElseThrow();
    double[] small = Resizer.resize(image, Region.WHOLE, 13, 29, Resampling.AREA);
    assertEquals(before, Arrays.stream(small).average().orElseThrow(), 1e-9);
  }

  /** By hand: centers at 0.25, 0.75, 1.25 and 1.75, less 0.5, clamped to the image. */
  @Test
  void interpolatesBetweenPixelCentersWhenEnlarging() {
    var image = new Image(2, 1, new int[] {0x000000, 0xff0000});
    double[] wide = Resizer.resize(image, Region.WHOLE, 4, 1, Resampling.AREA);
    assertArrayEquals(
        new double[] {0, 63.75, 191.25, 255}, new double[] {wide[0], wide[3], wide[6], wide[9]});
  }

  @Test
  void scalesARegionAsIfCropped() {
    Image image = random(20, 20);
    int[] part = new int[25];
    for (int i = 0; i < 25; i++) {
      part[i] = image.pixel(5 + i % 5, 10 + i / 5);
    }
    assertArrayEquals(
        levels(new Image(5, 5, part)),
        Resizer.resize(image, new Region(0.25, 0.5, 0.5, 0.75), 5, 5, Resampling.AREA),
        1e-9);
  }

  @Test
  void rejectsEmptyRegionsAndRegionsOutsideTheImage() {
    assertThrows(IllegalArgumentException.class, () -> new Region(0.5, 0, 0.5, 1));
    assertThrows(IllegalArgumentException.class, () -> new Region(-0.1, 0, 0.5, 1));
    assertThrows(IllegalArgumentException.class, () -> new Region(0, 0, Double.NaN, 1));
    assertEquals(new Region(0, 0.25, 1, 0.75), Region.square(random(10, 20)));
  }
}
