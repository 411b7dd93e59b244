package dev.whittle.data;

import dev.whittle.ir.kernel.Tensor;
import java.awt.Graphics2D;
import java.awt.RenderingHints;
import java.awt.image.BufferedImage;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Iterator;
import java.util.List;
import java.util.Locale;
import java.util.OptionalLong;
import java.util.stream.Stream;
import javax.imageio.ImageIO;
import javax.imageio.ImageReader;
import javax.imageio.stream.ImageInputStream;
import org.jspecify.annotations.Nullable;

/**
 * The JPEG, PNG, GIF and BMP pictures of a folder in the order of their names, each scaled to the
 * extents that a model takes. Pictures in subfolders have the subfolder's place in the alphabet as
 * their label.
 */
public final class PictureSamples implements Samples {
  /** No picture for a model of the edge is larger; what claims to be is not decoded. */
  private static final long MAX_PIXELS = 100_000_000;

  private record Picture(Path file, int label) {}

  private final Path folder;
  private final List<Picture> pictures;
  private final List<String> labels;
  private final int height;
  private final int width;
  private final int channels;
  private final float low;
  private final float high;

  private PictureSamples(
      Path folder,
      List<Picture> pictures,
      List<String> labels,
      int height,
      int width,
      int channels,
      float low,
      float high) {
    this.folder = folder;
    this.pictures = pictures;
    this.labels = labels;
    this.height = height;
    this.width = width;
    this.channels = channels;
    this.low = low;
    this.high = high;
  }

  /**
   * Lists the pictures of a folder.
   *
   * @param height of the tensors, in pixels
   * @param channels 3 for red, green, blue; 1 for gray
   * @param low what a black pixel becomes
   * @param high what a white pixel becomes
   * @throws IOException if the folder holds no pictures
   */
  public static PictureSamples of(
      Path folder, int height, int width, int channels, float low, float high) throws IOException {
    if (channels != 1 && channels != 3) {
      throw new IllegalArgumentException("pictures have 1 or 3 channels, not " + channels);
    }
    List<Picture> pictures = new ArrayList<>();
    List<String> labels = new ArrayList<>();
    for (Path file : list(folder)) {
      if (Files.isDirectory(file)) {
        List<Path> inside = list(file).stream().filter(PictureSamples::isPicture).toList();
        if (!inside.isEmpty()) {
          inside.forEach(p -> pictures.add(new Picture(p, labels.size())));
          labels.add(String.valueOf(file.getFileName()));
        }
      }
    }
    if (pictures.isEmpty()) {
      list(folder).stream()
          .filter(PictureSamples::isPicture)
          .forEach(p -> pictures.add(new Picture(p, Sample.NO_LABEL)));
    }
    if (pictures.isEmpty()) {
      throw new IOException(folder + ": holds no .jpg, .png, .gif or .bmp pictures");
    }
    return new PictureSamples(folder, pictures, labels, height, width, channels, low, high);
  }

  private static List<Path> list(Path folder) throws IOException {
    try (Stream<Path> files = Files.list(folder)) {
      return files.sorted().toList();
    }
  }

  private static boolean isPicture(Path file) {
    String name = file.toString().toLowerCase(Locale.ROOT);
    return Stream.of(".jpg", ".jpeg", ".png", ".gif", ".bmp").anyMatch(name::endsWith)
        && Files.isRegularFile(file);
  }

  /** The names of the subfolders, by label; empty for a folder without. */
  public List<String> labels() {
    return List.copyOf(labels);
  }

  @Override
  public OptionalLong size() {
    return OptionalLong.of(pictures.size());
  }

  @Override
  public String origin() {
    return folder.toString();
  }

  @Override
  public Reader open() {
    Iterator<Picture> left = pictures.iterator();
    return new Reader() {
      @Override
      public @Nullable Sample next() throws IOException {
        if (!left.hasNext()) {
          return null;
        }
        Picture picture = left.next();
        return Sample.of(tensor(decode(picture.file)), picture.label);
      }

      @Override
      public void close() {}
    };
  }

  private static BufferedImage decode(Path file) throws IOException {
    try (ImageInputStream in = ImageIO.createImageInputStream(file.toFile())) {
      Iterator<ImageReader> readers = ImageIO.getImageReaders(in);
      if (!readers.hasNext()) {
        throw new IOException(file + ": is no picture");
      }
      ImageReader reader = readers.next();
      try {
        reader.setInput(in, true, true);
        long pixels = (long) reader.getWidth(0) * reader.getHeight(0);
        if (pixels > MAX_PIXELS) {
          throw new IOException("%s: is too large (%,d pixels)".formatted(file, pixels));
        }
        return reader.read(0);
      } catch (IOException | RuntimeException e) {
        // Decoders throw all sorts of exceptions at broken files.
        throw new IOException(file + ": cannot be decoded: " + e.getMessage(), e);
      } finally {
        reader.dispose();
      }
    }
  }

  private Tensor tensor(BufferedImage picture) {
    int kind = channels == 3 ? BufferedImage.TYPE_INT_RGB : BufferedImage.TYPE_BYTE_GRAY;
    var scaled = new BufferedImage(width, height, kind);
    Graphics2D graphics = scaled.createGraphics();
    graphics.setRenderingHint(
        RenderingHints.KEY_INTERPOLATION, RenderingHints.VALUE_INTERPOLATION_BILINEAR);
    graphics.drawImage(picture, 0, 0, width, height, null);
    graphics.dispose();
    float[] values = new float[height * width * channels];
    float step = (high - low) / 255;
    for (int y = 0; y < height; y++) {
      for (int x = 0; x < width; x++) {
        for (int c = 0; c < channels; c++) {
          int shift = 8 * (2 - c);
          int level =
              channels == 1
                  ? scaled.getRaster().getSample(x, y, 0)
                  : (scaled.getRGB(x, y) >> shift) & 0xff;
          values[(y * width + x) * channels + c] = low + level * step;
        }
      }
    }
    return Tensor.onHeap(values, height, width, channels);
  }
}
