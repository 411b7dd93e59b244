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

/** Names of a model's outputs. */
public final class Labels {
  private static final int IMAGE_NET_CLASSES = 1000;
  private static final long MAX_FILE = 16L << 20;

  private Labels() {}

  /**
   * Reads a label file: one label a line, in the order of the outputs.
   *
   * @throws IOException if the file cannot be read, or is larger than 16 MiB
   */
  public static List<String> read(Path file) throws IOException {
    if (Files.size(file) > MAX_FILE) {
      throw new IOException(
          "%s: has %,d bytes, too many for labels; the limit is %,d"
              .formatted(file, Files.size(file), MAX_FILE));
    }
    return ImageMetadata.lines(Files.readAllBytes(file));
  }

  /** Returns whether there are 1000 outputs, or 1001 with a background class first. */
  static boolean isImageNet(int outputs) {
    return outputs == IMAGE_NET_CLASSES || outputs == IMAGE_NET_CLASSES + 1;
  }

  /**
   * Returns the classes of the ImageNet challenge of 2012 (ILSVRC2012), in the order that published
   * models use.
   *
   * @param outputs 1000, or 1001 with {@code background} first
   * @throws IllegalArgumentException for another number
   */
  public static List<String> imageNet(int outputs) {
    if (!isImageNet(outputs)) {
      throw new IllegalArgumentException(
          outputs + " outputs for the labels of ImageNet; expected 1000 or 1001");
    }
    try (InputStream in = Labels.class.getResourceAsStream("imagenet_labels.txt")) {
      List<String> all = ImageMetadata.lines(Objects.requireNonNull(in).readAllBytes());
      return all.subList(IMAGE_NET_CLASSES + 1 - outputs, all.size());
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  /** Returns one label for each output: its index where there are fewer labels than outputs. */
  static List<String> padded(List<String> labels, int outputs) {
    List<String> all = new ArrayList<>(labels.subList(0, Math.min(outputs, labels.size())));
    while (all.size() < outputs) {
      all.add(Integer.toString(all.size()));
    }
    return List.copyOf(all);
  }
}
