package dev.whittle.vision;

import dev.whittle.tflite.ImageMetadata;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;

/** What a model's outputs are called. */
public final class Labels {
  private static final int IMAGE_NET_CLASSES = 1000;
  private static final long MAX_FILE = 16L << 20;

  private Labels() {}

  /**
   * A label file: one label in each line, by output.
   *
   * @throws IOException if it cannot be read or is too large for labels
   */
  public static List<String> read(Path file) throws IOException {
    if (Files.size(file) > MAX_FILE) {
      throw new IOException(file + ": is too large for labels");
    }
    return ImageMetadata.lines(Files.readAllBytes(file));
  }

  /** Whether ImageNet's labels fit so many outputs: 1000, or 1001 with a background class first. */
  static boolean isImageNet(int outputs) {
    return outputs == IMAGE_NET_CLASSES || outputs == IMAGE_NET_CLASSES + 1;
  }

  /**
   * The classes of the ImageNet challenge of 2012, in the order of all published models.
   *
   * @param outputs 1000, or 1001 with {@code background} first
   */
  public static List<String> imageNet(int outputs) {
    if (!isImageNet(outputs)) {
      throw new IllegalArgumentException("ImageNet has 1000 classes or 1001, not " + outputs);
    }
    try (InputStream in = Labels.class.getResourceAsStream("imagenet_labels.txt")) {
      List<String> all = ImageMetadata.lines(Objects.requireNonNull(in).readAllBytes());
      return all.subList(IMAGE_NET_CLASSES + 1 - outputs, all.size());
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  /** As many as there are outputs: missing ones are called by their number. */
  static List<String> padded(List<String> labels, int outputs) {
    List<String> all = new ArrayList<>(labels.subList(0, Math.min(outputs, labels.size())));
    while (all.size() < outputs) {
      all.add(Integer.toString(all.size()));
    }
    return List.copyOf(all);
  }
}
