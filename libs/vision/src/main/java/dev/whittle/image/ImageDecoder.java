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
 * A decoder for JPEG, PNG, WebP, BMP and GIF (its first frame) that applies the EXIF orientation.
 * The header is read first: an image that is too large by its header is not decoded.
 */
public final class ImageDecoder {
  /** A decoder for files of up to 100 MiB and 100 megapixels: more than cameras make. */
  public static final ImageDecoder DEFAULT = new ImageDecoder(100L << 20, 100_000_000);

  private static final Set<String> FORMATS = Set.of("jpeg", "png", "webp", "bmp", "gif");
  private static final int UPRIGHT = 1;
  private static final int LAST_ORIENTATION = 8;

  private final long maxBytes;
  private final long maxPixels;

  /**
   * Creates a decoder with limits.
   *
   * @param maxBytes maximum size of a file in bytes
   * @param maxPixels maximum of width times height
   */
  public ImageDecoder(long maxBytes, long maxPixels) {
    this.maxBytes = maxBytes;
    this.maxPixels = maxPixels;
  }

  /**
   * Decodes a file.
   *
   * @throws ImageException if the format is unknown, or the image broken or too large
   * @throws IOException if the file cannot be read
   */
  public Image read(Path file) throws IOException {
    long size = Files.size(file);
    if (size > maxBytes) {
      throw tooLarge(file.toString(), "%,d bytes".formatted(size), maxBytes);
    }
    return decode(Files.readAllBytes(file), file.toString());
  }

  /**
   * Decodes an image in memory.
   *
   * @param bytes a whole file
   * @param name the image's name in error messages
   * @throws ImageException if the format is unknown, or the image broken or too large
   */
  public Image decode(byte[] bytes, String name) throws ImageException {
    if (bytes.length > maxBytes) {
      throw tooLarge(name, "%,d bytes".formatted(bytes.length), maxBytes);
    }
    try {
      return stored(bytes, name).oriented(orientation(bytes));
    } catch (OutOfMemoryError | StackOverflowError e) {
      throw new ImageException(Reason.TOO_LARGE, name + ": decoding needs too much memory", e);
    }
  }

  /** Decodes the pixels as they are stored, before the EXIF orientation is applied. */
  private Image stored(byte[] bytes, String name) throws ImageException {
    ImageReader reader = null;
    try (ImageInputStream in = new MemoryCacheImageInputStream(new ByteArrayInputStream(bytes))) {
      reader = reader(in, name);
      reader.setInput(in, true, true);
      int width = reader.getWidth(0);
      int height = reader.getHeight(0);
      if ((long) width * height > maxPixels) {
        throw tooLarge(name, "%,d x %,d pixels".formatted(width, height), maxPixels);
      }
      return Image.of(reader.read(0));
    } catch (ImageException e) {
      throw e;
    } catch (IOException | RuntimeException e) {
      // The libraries' decoders, and Java 2D when it applies the file's color profile, throw
      // unchecked exceptions of many types on broken files, which they do not document.
      throw new ImageException(
          Reason.BROKEN, "%s: cannot be decoded: it is truncated or damaged".formatted(name), e);
    } finally {
      if (reader != null) {
        reader.dispose();
      }
    }
  }

  private static ImageException tooLarge(String name, String size, long limit) {
    return new ImageException(
        Reason.TOO_LARGE, "%s: has %s; the limit is %,d".formatted(name, size, limit));
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
        Reason.UNKNOWN_FORMAT,
        name + ": unknown image format; expected JPEG, PNG, WebP, BMP or GIF");
  }

  /** Returns the EXIF orientation, 1 to 8; 1 (upright) if it is missing or invalid. */
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
      // Broken metadata does not make the pixels unreadable. Only the library's reader runs here,
      // and it throws unchecked exceptions on broken metadata too.
      return UPRIGHT;
    }
  }
}
