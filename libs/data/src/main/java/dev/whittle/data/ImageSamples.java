package dev.whittle.data;

import dev.whittle.image.Image;
import dev.whittle.image.ImageDecoder;
import dev.whittle.image.Region;
import dev.whittle.image.Resampling;
import dev.whittle.image.Resizer;
import dev.whittle.ir.tensor.Tensor;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Iterator;
import java.util.List;
import java.util.Locale;
import java.util.OptionalLong;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/**
 * The images of a folder, in the order of their names. The square in the middle of each is scaled
 * to the size that a model takes, as image classifiers do. The label of an image in a subfolder is
 * the index of the subfolder in alphabetical order.
 */
public final class ImageSamples implements Samples {
  private record Entry(Path file, int label) {}

  private final Path folder;
  private final List<Entry> images;
  private final List<String> labels;
  private final int height;
  private final int width;
  private final int channels;
  private final float low;
  private final float high;

  private ImageSamples(
      Path folder,
      List<Entry> images,
      List<String> labels,
      int height,
      int width,
      int channels,
      float low,
      float high) {
    this.folder = folder;
    this.images = images;
    this.labels = labels;
    this.height = height;
    this.width = width;
    this.channels = channels;
    this.low = low;
    this.high = high;
  }

  /**
   * Lists the images of a folder. Samples are float tensors {@code [height, width, channels]}.
   *
   * @param height the height of the tensors, in pixels
   * @param width the width of the tensors, in pixels
   * @param channels 3 for red, green, blue; 1 for gray
   * @param low the value of a black pixel
   * @param high the value of a white pixel
   * @throws IllegalArgumentException if {@code channels} is neither 1 nor 3
   * @throws IOException if the folder cannot be read or contains no images
   */
  public static ImageSamples of(
      Path folder, int height, int width, int channels, float low, float high) throws IOException {
    if (channels != 1 && channels != 3) {
      throw new IllegalArgumentException("channels must be 1 (gray) or 3 (RGB), not " + channels);
    }
    List<Entry> images = new ArrayList<>();
    List<String> labels = new ArrayList<>();
    for (Path file : list(folder)) {
      if (Files.isDirectory(file)) {
        List<Path> inside = list(file).stream().filter(ImageSamples::isImage).toList();
        if (!inside.isEmpty()) {
          inside.forEach(p -> images.add(new Entry(p, labels.size())));
          labels.add(String.valueOf(file.getFileName()));
        }
      }
    }
    if (images.isEmpty()) {
      list(folder).stream()
          .filter(ImageSamples::isImage)
          .forEach(p -> images.add(new Entry(p, Sample.NO_LABEL)));
    }
    if (images.isEmpty()) {
      throw new IOException(folder + ": contains no .jpg, .png, .webp, .gif or .bmp images");
    }
    return new ImageSamples(folder, images, labels, height, width, channels, low, high);
  }

  private static List<Path> list(Path folder) throws IOException {
    try (Stream<Path> files = Files.list(folder)) {
      return files.sorted().toList();
    }
  }

  private static boolean isImage(Path file) {
    String name = file.toString().toLowerCase(Locale.ROOT);
    return Stream.of(".jpg", ".jpeg", ".png", ".webp", ".gif", ".bmp").anyMatch(name::endsWith)
        && Files.isRegularFile(file);
  }

  /** Returns the names of the subfolders by label; empty if the images are not in subfolders. */
  public List<String> labels() {
    return List.copyOf(labels);
  }

  @Override
  public OptionalLong size() {
    return OptionalLong.of(images.size());
  }

  @Override
  public String origin() {
    return folder.toString();
  }

  @Override
  public Reader open() {
    Iterator<Entry> remaining = images.iterator();
    return new Reader() {
      @Override
      public @Nullable Sample next() throws IOException {
        if (!remaining.hasNext()) {
          return null;
        }
        Entry entry = remaining.next();
        return Sample.of(tensor(ImageDecoder.DEFAULT.read(entry.file)), entry.label);
      }

      @Override
      public void close() {}
    };
  }

  private Tensor tensor(Image image) {
    double[] levels = Resizer.resize(image, Region.square(image), width, height, Resampling.AREA);
    float[] values = new float[height * width * channels];
    float step = (high - low) / 255;
    for (int i = 0; i < values.length; i++) {
      double level = channels == 1 ? Resizer.gray(levels, i) : levels[i];
      values[i] = (float) (low + level * step);
    }
    return Tensor.onHeap(values, height, width, channels);
  }
}
