package dev.whittle.image;

import com.drew.imaging.ImageMetadataReader;
import com.drew.imaging.ImageProcessingException;
import com.drew.metadata.MetadataException;
import com.drew.metadata.exif.ExifDirectoryBase;
import com.drew.metadata.exif.ExifIFD0Directory;
import dev.whittle.image.ImageException.Reason;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Iterator;
import java.util.Locale;
import java.util.Set;
import javax.imageio.ImageIO;
import javax.imageio.ImageReader;
import javax.imageio.stream.ImageInputStream;
import javax.imageio.stream.MemoryCacheImageInputStream;

/**
 * Decodes JPEG, PNG, WebP, BMP and GIF (its first frame) and turns what a camera held sideways. The
 * header is read first: what claims to be too large is not decoded.
 */
public final class ImageDecoder {
  /** A good camera's. */
  public static final ImageDecoder DEFAULT = new ImageDecoder(100L << 20, 100_000_000);

  private static final Set<String> FORMATS = Set.of("jpeg", "png", "webp", "bmp", "gif");
  private static final int UPRIGHT = 1;
  private static final int LAST_ORIENTATION = 8;

  private final long maxBytes;
  private final long maxPixels;

  /**
   * A decoder with limits.
   *
   * @param maxBytes of a file
   * @param maxPixels width times height
   */
  public ImageDecoder(long maxBytes, long maxPixels) {
    this.maxBytes = maxBytes;
    this.maxPixels = maxPixels;
  }

  /**
   * Reads a file.
   *
   * @throws ImageException if it is no picture, broken or too large
   * @throws IOException if it cannot be read
   */
  public Image read(Path file) throws IOException {
    long size = Files.size(file);
    if (size > maxBytes) {
      throw tooLarge(file.toString(), "%,d bytes".formatted(size), maxBytes);
    }
    return decode(Files.readAllBytes(file), file.toString());
  }

  /**
   * Decodes a picture in memory.
   *
   * @param name for messages
   * @throws ImageException if it is no picture, broken or too large
   */
  public Image decode(byte[] bytes, String name) throws ImageException {
    if (bytes.length > maxBytes) {
      throw tooLarge(name, "%,d bytes".formatted(bytes.length), maxBytes);
    }
    ImageReader reader = null;
    try (ImageInputStream in = new MemoryCacheImageInputStream(new ByteArrayInputStream(bytes))) {
      reader = reader(in, name);
      reader.setInput(in, true, true);
      int width = reader.getWidth(0);
      int height = reader.getHeight(0);
      long pixels = (long) width * height;
      if (pixels > maxPixels) {
        throw tooLarge(name, "%,d x %,d pixels".formatted(width, height), maxPixels);
      }
      return Image.of(reader.read(0)).oriented(orientation(bytes));
    } catch (ImageException e) {
      throw e;
    } catch (IOException | RuntimeException e) {
      // Decoders throw all sorts of exceptions at broken files.
      throw new ImageException(
          Reason.BROKEN, "%s: cannot be decoded: %s".formatted(name, e.getMessage()), e);
    } catch (OutOfMemoryError | StackOverflowError e) {
      throw new ImageException(Reason.TOO_LARGE, name + ": needs too much memory", e);
    } finally {
      if (reader != null) {
        reader.dispose();
      }
    }
  }

  private static ImageException tooLarge(String name, String what, long limit) {
    return new ImageException(
        Reason.TOO_LARGE, "%s: has %s; the limit is %,d".formatted(name, what, limit));
  }

  private static ImageReader reader(ImageInputStream in, String name) throws IOException {
    Iterator<ImageReader> readers = ImageIO.getImageReaders(in);
    while (readers.hasNext()) {
      ImageReader reader = readers.next();
      if (FORMATS.contains(reader.getFormatName().toLowerCase(Locale.ROOT))) {
        return reader;
      }
    }
    throw new ImageException(
        Reason.UNKNOWN_FORMAT, name + ": is no JPEG, PNG, WebP, BMP or GIF picture");
  }

  /** By EXIF; upright where it says nothing or nonsense. */
  private static int orientation(byte[] bytes) {
    try {
      var metadata =
          ImageMetadataReader.readMetadata(new ByteArrayInputStream(bytes), bytes.length);
      var directory = metadata.getFirstDirectoryOfType(ExifIFD0Directory.class);
      if (directory == null || !directory.containsTag(ExifDirectoryBase.TAG_ORIENTATION)) {
        return UPRIGHT;
      }
      int orientation = directory.getInt(ExifDirectoryBase.TAG_ORIENTATION);
      return orientation < UPRIGHT || orientation > LAST_ORIENTATION ? UPRIGHT : orientation;
    } catch (ImageProcessingException | MetadataException | IOException | RuntimeException e) {
      return UPRIGHT;
    }
  }
}
