package dev.whittle.npz;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.Charset;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.stream.Collectors;

/**
 * The header of a {@code .npy} file: magic bytes, version, length and text. Format: <a
 * href="https://numpy.org/doc/stable/reference/generated/numpy.lib.format.html">numpy.lib.format</a>.
 *
 * @param array element type and shape
 * @param bigEndian true if the contents are big endian
 * @param fortranOrder true if the first index varies fastest in the file
 * @param length size of the header in bytes
 */
record FileHeader(NpyHeader array, boolean bigEndian, boolean fortranOrder, int length) {
  private static final byte[] MAGIC = {(byte) 0x93, 'N', 'U', 'M', 'P', 'Y'};
  private static final int VERSION_BYTES = 2;

  /** The limit of NumPy; arrays without named fields need far less. */
  private static final int MAX_TEXT_BYTES = 10_000;

  /** Contents begin at a multiple of this many bytes. */
  private static final int ALIGNMENT = 64;

  /** NumPy pads the header for the longest first dimension, so that arrays can grow in place. */
  private static final int MAX_DIMENSION_DIGITS = 21;

  /** Returns whether the contents are not in row-major order; with one axis both are equal. */
  boolean isColumnwise() {
    return fortranOrder && array.rank() > 1;
  }

  /** Returns the size of the file or entry in bytes. */
  long totalBytes() {
    long bytes = array.byteSize();
    return bytes > Long.MAX_VALUE - length ? Long.MAX_VALUE : length + bytes;
  }

  static boolean startsWithMagic(byte[] bytes) {
    return bytes.length >= MAGIC.length
        && Arrays.equals(bytes, 0, MAGIC.length, MAGIC, 0, MAGIC.length);
  }

  /** Reads the header; {@code source} is at the beginning. */
  static FileHeader read(ByteSource source) throws IOException {
    byte[] prefix = source.readBytes(MAGIC.length + VERSION_BYTES, "the magic bytes");
    if (!startsWithMagic(prefix)) {
      boolean zip = prefix[0] == 'P' && prefix[1] == 'K';
      throw source
          .origin()
          .malformed(
              0,
              zip
                  ? "is a zip archive (.npz?); expected a .npy array"
                  : "is not a .npy array: wrong magic bytes");
    }
    int version = prefix[MAGIC.length];
    if (version < 1 || version > 3 || prefix[MAGIC.length + 1] != 0) {
      throw source
          .origin()
          .malformed(
              MAGIC.length,
              "unknown format version %d.%d; expected 1.0, 2.0 or 3.0"
                  .formatted(version & 0xff, prefix[MAGIC.length + 1] & 0xff));
    }
    return readText(source, version);
  }

  private static FileHeader readText(ByteSource source, int version) throws IOException {
    long lengthOffset = source.offset();
    long length = textLength(source, version);
    if (length > MAX_TEXT_BYTES) {
      throw source
          .origin()
          .malformed(
              lengthOffset, "header of " + length + " bytes; expected at most " + MAX_TEXT_BYTES);
    }
    long textOffset = source.offset();
    byte[] text = source.readBytes((int) length, "the header");
    try {
      HeaderParser.Fields fields = HeaderParser.parse(decode(text, version));
      Descr descr = Descr.parse(fields.descr());
      int[] shape = fields.shape().stream().mapToInt(Integer::intValue).toArray();
      var array = new NpyHeader(descr.type(), descr.itemBytes(), shape);
      return new FileHeader(array, descr.bigEndian(), fields.fortranOrder(), (int) source.offset());
    } catch (HeaderParser.SyntaxException e) {
      throw source.origin().malformed(textOffset + e.position(), e.problem());
    } catch (CharacterCodingException e) {
      throw source.origin().malformed(textOffset, "header is not UTF-8", e);
    } catch (IllegalArgumentException e) {
      throw source.origin().malformed(textOffset, String.valueOf(e.getMessage()));
    }
  }

  private static long textLength(ByteSource source, int version) throws IOException {
    byte[] bytes = source.readBytes(lengthBytes(version), "the header's length");
    var buffer = ByteBuffer.wrap(bytes).order(ByteOrder.LITTLE_ENDIAN);
    return version == 1 ? Short.toUnsignedInt(buffer.getShort()) : buffer.getInt() & 0xffffffffL;
  }

  private static String decode(byte[] text, int version) throws CharacterCodingException {
    return charset(version).newDecoder().decode(ByteBuffer.wrap(text)).toString();
  }

  private static int lengthBytes(int version) {
    return version == 1 ? Short.BYTES : Integer.BYTES;
  }

  private static Charset charset(int version) {
    return version == 3 ? StandardCharsets.UTF_8 : StandardCharsets.ISO_8859_1;
  }

  /**
   * Returns the header of a little endian array in row-major order, with the same bytes as NumPy.
   *
   * @throws IllegalArgumentException if the version is not 1, 2 or 3
   */
  static byte[] encode(NpyHeader array, int version) {
    if (version < 1 || version > 3) {
      throw new IllegalArgumentException(
          "unknown format version " + version + "; expected 1, 2 or 3");
    }
    String text = text(array);
    int unpadded = MAGIC.length + VERSION_BYTES + lengthBytes(version) + text.length() + 1;
    int padding = ALIGNMENT - unpadded % ALIGNMENT;
    var out = ByteBuffer.allocate(unpadded + padding).order(ByteOrder.LITTLE_ENDIAN);
    out.put(MAGIC).put((byte) version).put((byte) 0);
    int textLength = text.length() + padding + 1;
    if (version == 1) {
      out.putShort((short) textLength);
    } else {
      out.putInt(textLength);
    }
    out.put((text + " ".repeat(padding) + "\n").getBytes(StandardCharsets.US_ASCII));
    return out.array();
  }

  private static String text(NpyHeader array) {
    int[] shape = array.shape();
    String dimensions =
        Arrays.stream(shape).mapToObj(Integer::toString).collect(Collectors.joining(", "));
    String growthPadding =
        shape.length == 0
            ? ""
            : " ".repeat(MAX_DIMENSION_DIGITS - Integer.toString(shape[0]).length());
    return "{'descr': '%s', 'fortran_order': False, 'shape': (%s%s), }%s"
        .formatted(
            Descr.format(array.type(), array.itemBytes()),
            dimensions,
            shape.length == 1 ? "," : "",
            growthPadding);
  }
}
