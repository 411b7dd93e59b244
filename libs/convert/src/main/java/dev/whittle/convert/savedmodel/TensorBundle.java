package dev.whittle.convert.savedmodel;

import com.google.protobuf.ByteString;
import dev.whittle.ir.MalformedModelException;
import dev.whittle.ir.tensor.OperandException;
import dev.whittle.ir.tensor.Shape;
import dev.whittle.ir.tensor.Tensor;
import dev.whittle.ir.tensor.TensorType;
import java.io.IOException;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.BufferUnderflowException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.channels.FileChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.zip.CRC32C;
import org.jspecify.annotations.Nullable;

/**
 * The variables of a checkpoint: an index, which is a sorted table of blocks, and memory-mapped
 * shards with the contents. Checksums are verified.
 */
final class TensorBundle {
  private static final long TABLE_MAGIC = 0xdb4775248b80fb57L;
  private static final int FOOTER = 48;
  private static final int TRAILER = 5;
  private static final long MAX_INDEX = 256L << 20;

  /** Added to rotated checksums, as in LevelDB, since a CRC of data that contains CRCs is weak. */
  private static final int MASK_DELTA = 0xa282ead8;

  private final Path prefix;
  private final Map<String, Proto> entries = new LinkedHashMap<>();
  private final List<@Nullable MemorySegment> shards = new ArrayList<>();

  private TensorBundle(Path prefix) {
    this.prefix = prefix;
  }

  /**
   * Opens a checkpoint.
   *
   * @param prefix the prefix of its files' names, such as {@code variables/variables}
   * @throws MalformedModelException if the index is broken
   */
  static TensorBundle open(Path prefix) throws IOException {
    var bundle = new TensorBundle(prefix);
    Path index = Path.of(prefix + ".index");
    if (Files.size(index) > MAX_INDEX) {
      throw new MalformedModelException(index + ": is too large for an index");
    }
    byte[] bytes = Files.readAllBytes(index);
    try {
      bundle.readTable(bytes, index.toString());
    } catch (IndexOutOfBoundsException | BufferUnderflowException | IllegalArgumentException e) {
      throw new MalformedModelException(index + ": is cut off or damaged", e);
    }
    Proto header = bundle.entries.remove("");
    if (header == null) {
      throw new MalformedModelException(index + ": has no header");
    }
    if (header.integer(2) != 0) {
      throw OperandException.unsupported("a big-endian checkpoint");
    }
    long count = header.integer(1);
    if (count < 0 || count > bundle.entries.size() + 1L) {
      throw new MalformedModelException(index + ": states " + count + " shards");
    }
    for (int s = 0; s < count; s++) {
      bundle.shards.add(null);
    }
    return bundle;
  }

  // The table (the format of LevelDB's).

  private void readTable(byte[] file, String place) {
    ByteBuffer all = ByteBuffer.wrap(file).order(ByteOrder.LITTLE_ENDIAN);
    if (file.length < FOOTER || all.getLong(file.length - 8) != TABLE_MAGIC) {
      throw new MalformedModelException(place + ": is no index of a checkpoint");
    }
    ByteBuffer footer = all.duplicate().order(ByteOrder.LITTLE_ENDIAN);
    footer.position(file.length - FOOTER);
    varint(footer);
    varint(footer);
    long offset = varint(footer);
    long size = varint(footer);
    for (ByteBuffer handle : block(file, offset, size, place).values()) {
      long blockOffset = varint(handle);
      long blockSize = varint(handle);
      block(file, blockOffset, blockSize, place)
          .forEach(
              (key, value) ->
                  entries.put(key, Proto.parse(ByteString.copyFrom(value), place + ":" + key)));
    }
  }

  private static long varint(ByteBuffer in) {
    long value = 0;
    for (int shift = 0; shift < 64; shift += 7) {
      byte b = in.get();
      value |= (long) (b & 0x7f) << shift;
      if (b >= 0) {
        return value;
      }
    }
    throw new IllegalArgumentException("a number of more than 64 bits");
  }

  private static Map<String, ByteBuffer> block(byte[] file, long offset, long size, String place) {
    if (offset < 0 || size < 4 || offset > file.length || size > file.length - offset - TRAILER) {
      throw new MalformedModelException(place + ": a block lies outside the file");
    }
    int start = (int) offset;
    int end = (int) (offset + size);
    if (file[end] != 0) {
      throw OperandException.unsupported("a compressed index of a checkpoint");
    }
    var checksum = new CRC32C();
    checksum.update(file, start, (int) size + 1);
    int stated = ByteBuffer.wrap(file, end + 1, 4).order(ByteOrder.LITTLE_ENDIAN).getInt();
    if (masked((int) checksum.getValue()) != stated) {
      throw new MalformedModelException(place + ": a block is damaged (checksum)");
    }
    ByteBuffer in = ByteBuffer.wrap(file, start, (int) size).order(ByteOrder.LITTLE_ENDIAN);
    int restarts = in.getInt(end - 4);
    if (restarts < 0 || restarts > size / 4 - 1) {
      throw new MalformedModelException(place + ": a block is damaged");
    }
    int limit = end - 4 - 4 * restarts;
    Map<String, ByteBuffer> pairs = new LinkedHashMap<>();
    byte[] key = {};
    while (in.position() < limit) {
      int shared = Math.toIntExact(varint(in));
      int rest = Math.toIntExact(varint(in));
      int length = Math.toIntExact(varint(in));
      byte[] next = Arrays.copyOf(key, Math.addExact(shared, rest));
      if (shared > key.length || rest > in.remaining()) {
        throw new MalformedModelException(place + ": a key is damaged");
      }
      in.get(next, shared, rest);
      key = next;
      ByteBuffer value = in.slice(in.position(), length);
      in.position(in.position() + length);
      pairs.put(new String(key, StandardCharsets.UTF_8), value);
    }
    return pairs;
  }

  private static int masked(int checksum) {
    return ((checksum >>> 15) | (checksum << 17)) + MASK_DELTA;
  }

  // Variables.

  boolean has(String key) {
    return entries.containsKey(key);
  }

  private Proto entry(String key) {
    Proto entry = entries.get(key);
    if (entry == null) {
      throw new MalformedModelException(prefix + ": the checkpoint has no variable '" + key + "'");
    }
    return entry;
  }

  /**
   * Returns the contents of a variable, mapped from the file if they are computed in their type.
   *
   * @throws MalformedModelException if they are missing or damaged
   */
  Tensor tensor(String key) throws IOException {
    Proto entry = entry(key);
    if (entry.has(7)) {
      throw OperandException.unsupported("the variable '%s', which is stored in slices", key);
    }
    TensorType type = DataTypes.declared(entry.integer(1));
    int[] dims = DataTypes.shape(entry.message(2)).toArray();
    long size = entry.integer(5);
    long offset = entry.integer(4);
    MemorySegment shard = shard(Math.toIntExact(entry.integer(3)));
    long elements = Shape.elements(dims);
    // A string takes at least the byte of its length.
    boolean fits =
        type.hasFixedSize()
            ? size == Math.multiplyExact(elements, type.bits() / 8)
            : size >= elements;
    if (elements < 0 || !fits || size < 0 || offset < 0 || offset > shard.byteSize() - size) {
      throw new MalformedModelException(
          "%s: the variable '%s' %s %s does not lie in its file"
              .formatted(prefix, key, type, Shape.of(dims)));
    }
    MemorySegment data = shard.asSlice(offset, size);
    if (type == TensorType.STRING) {
      return strings(key, dims, data, entry.fixed32(6));
    }
    var checksum = new CRC32C();
    checksum.update(data.asByteBuffer());
    if (masked((int) checksum.getValue()) != entry.fixed32(6)) {
      throw new MalformedModelException(
          "%s: the variable '%s' is damaged (checksum)".formatted(prefix, key));
    }
    MemorySegment aligned = data;
    if (data.address() % 8 != 0) {
      aligned = Arena.ofAuto().allocate(Math.max(1, size), 8).asSlice(0, size);
      MemorySegment.copy(data, ValueLayout.JAVA_BYTE, 0, aligned, ValueLayout.JAVA_BYTE, 0, size);
    }
    return DataTypes.computed(new Tensor(type, dims, null, aligned));
  }

  /**
   * Reads strings: their lengths, a checksum of the lengths as 32-bit numbers, and their bytes. The
   * checksum of the entry continues that of the lengths.
   */
  private Tensor strings(String key, int[] dims, MemorySegment data, int stated) {
    ByteBuffer in = data.asByteBuffer().order(ByteOrder.LITTLE_ENDIAN);
    long[] lengths = new long[Math.toIntExact(Shape.elements(dims))];
    List<byte[]> strings = new ArrayList<>();
    var checksum = new CRC32C();
    ByteBuffer four = ByteBuffer.allocate(4).order(ByteOrder.LITTLE_ENDIAN);
    try {
      for (int i = 0; i < lengths.length; i++) {
        lengths[i] = varint(in);
        checksum.update(four.putInt(0, Math.toIntExact(lengths[i])).array());
      }
      int ofLengths = in.getInt();
      boolean whole = masked((int) checksum.getValue()) == ofLengths;
      checksum.update(four.putInt(0, ofLengths).array());
      for (long length : lengths) {
        if (length < 0 || length > in.remaining()) {
          throw new BufferUnderflowException();
        }
        byte[] bytes = new byte[(int) length];
        in.get(bytes);
        checksum.update(bytes);
        strings.add(bytes);
      }
      if (!whole || masked((int) checksum.getValue()) != stated) {
        throw new MalformedModelException(
            "%s: the strings '%s' are damaged (checksum)".formatted(prefix, key));
      }
    } catch (BufferUnderflowException | IllegalArgumentException | ArithmeticException e) {
      throw new MalformedModelException(
          "%s: the strings '%s' are cut off".formatted(prefix, key), e);
    }
    Tensor tensor = Tensor.allocate(TensorType.STRING, 0);
    tensor.setStrings(strings, dims);
    return tensor;
  }

  private MemorySegment shard(int number) throws IOException {
    if (number < 0 || number >= shards.size()) {
      throw new MalformedModelException(
          "%s: shard %d of %d".formatted(prefix, number, shards.size()));
    }
    MemorySegment known = shards.get(number);
    if (known != null) {
      return known;
    }
    Path file = Path.of("%s.data-%05d-of-%05d".formatted(prefix, number, shards.size()));
    if (!Files.exists(file)) {
      throw new MalformedModelException(file + ": this part of the checkpoint is missing");
    }
    try (FileChannel channel = FileChannel.open(file)) {
      MemorySegment mapped =
          channel.map(FileChannel.MapMode.READ_ONLY, 0, channel.size(), Arena.ofAuto());
      shards.set(number, mapped);
      return mapped;
    }
  }
}
