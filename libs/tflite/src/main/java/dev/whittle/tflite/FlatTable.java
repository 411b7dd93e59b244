package dev.whittle.tflite;

import dev.whittle.ir.MalformedModelException;
import dev.whittle.ir.tensor.Tensor;
import java.lang.foreign.MemorySegment;
import java.nio.ByteBuffer;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/**
 * A table of an untrusted flatbuffer: every offset is checked before it is followed. Slots are
 * numbered as in the schema.
 */
final class FlatTable {
  private final Source source;
  private final long position;
  private final long vtable;
  private final int vtableSize;

  /** The file that tables are read from, with a budget for decoding. */
  static final class Source {
    /**
     * The budget for each byte of the file. A file that refers to the same bytes more often, which
     * would decode to much more than its size, is rejected.
     */
    private static final long BUDGET_PER_BYTE = 16;

    private final MemorySegment bytes;
    private final String name;
    private long budget;

    Source(MemorySegment bytes, String name) {
      this.bytes = bytes;
      this.name = name;
      this.budget = (bytes.byteSize() + 1024) * BUDGET_PER_BYTE;
    }

    long size() {
      return bytes.byteSize();
    }

    MemorySegment slice(long offset, long size) {
      return bytes.asSlice(offset, size);
    }

    MalformedModelException malformed(long offset, String format, Object... args) {
      return new MalformedModelException(
          "%s: at byte %d: %s".formatted(name, offset, String.format(Locale.ROOT, format, args)));
    }

    String name() {
      return name;
    }

    void spend(long offset, long amount) {
      budget -= amount;
      if (budget < 0) {
        throw malformed(
            offset,
            "the file refers to the same bytes too often; expected at most %d times on average",
            BUDGET_PER_BYTE);
      }
    }

    private void require(long offset, long size, String content) {
      if (offset < 0 || size < 0 || offset > bytes.byteSize() - size) {
        throw malformed(
            offset, "%s of %d bytes exceeds the file of %d bytes", content, size, size());
      }
    }

    private long u32(long offset, String content) {
      require(offset, 4, content);
      return bytes.get(Tensor.INT, offset) & 0xffff_ffffL;
    }
  }

  private FlatTable(Source source, long position) {
    this.source = source;
    this.position = position;
    source.require(position, 4, "a table");
    this.vtable = position - source.bytes.get(Tensor.INT, position);
    source.require(vtable, 4, "the vtable of a table");
    this.vtableSize = source.bytes.get(Tensor.SHORT, vtable) & 0xffff;
    if (vtableSize < 4 || vtableSize % 2 != 0) {
      throw source.malformed(
          vtable, "a vtable has %d bytes; expected an even number from 4", vtableSize);
    }
    source.require(vtable, vtableSize, "the vtable of a table");
    source.spend(position, 64);
  }

  /** Returns the table that the 32-bit offset at {@code offset} refers to. */
  static FlatTable root(Source source, long offset) {
    return new FlatTable(source, offset + source.u32(offset, "the root offset"));
  }

  Source source() {
    return source;
  }

  long position() {
    return position;
  }

  /** Returns the position of a field; 0 if it is absent. */
  private long field(int slot, int size) {
    int entry = 4 + 2 * slot;
    if (entry + 2 > vtableSize) {
      return 0;
    }
    int offset = source.bytes.get(Tensor.SHORT, vtable + entry) & 0xffff;
    if (offset == 0) {
      return 0;
    }
    source.require(position + offset, size, "field " + slot);
    return position + offset;
  }

  boolean has(int slot) {
    return field(slot, 1) != 0;
  }

  int int8(int slot, int absent) {
    long at = field(slot, 1);
    return at == 0 ? absent : source.bytes.get(Tensor.BYTE, at);
  }

  int uint8(int slot) {
    return int8(slot, 0) & 0xff;
  }

  boolean bool(int slot, boolean absent) {
    return int8(slot, absent ? 1 : 0) != 0;
  }

  int int32(int slot, int absent) {
    long at = field(slot, 4);
    return at == 0 ? absent : source.bytes.get(Tensor.INT, at);
  }

  long uint32(int slot) {
    return int32(slot, 0) & 0xffff_ffffL;
  }

  long int64(int slot, long absent) {
    long at = field(slot, 8);
    return at == 0 ? absent : source.bytes.get(Tensor.LONG, at);
  }

  float float32(int slot) {
    long at = field(slot, 4);
    return at == 0 ? 0 : source.bytes.get(Tensor.FLOAT, at);
  }

  /** Returns a table field; null if it is absent. */
  @Nullable FlatTable table(int slot) {
    long at = field(slot, 4);
    return at == 0 ? null : root(source, at);
  }

  /** Returns a string field; null if it is absent. */
  @Nullable String string(int slot) {
    MemorySegment bytes = vector(slot, 1);
    if (bytes == null) {
      return null;
    }
    source.spend(position, bytes.byteSize());
    try {
      return StandardCharsets.UTF_8
          .newDecoder()
          .decode(ByteBuffer.wrap(bytes.toArray(Tensor.BYTE)))
          .toString();
    } catch (CharacterCodingException e) {
      throw source.malformed(position, "the string in field %d is not UTF-8", slot);
    }
  }

  String stringOrEmpty(int slot) {
    String text = string(slot);
    return text == null ? "" : text;
  }

  /** Returns the elements of a vector as a slice of the file; null if the field is absent. */
  @Nullable MemorySegment vector(int slot, int elementSize) {
    long at = field(slot, 4);
    if (at == 0) {
      return null;
    }
    long start = at + source.u32(at, "a vector offset");
    long count = source.u32(start, "a vector length");
    source.require(start + 4, count * elementSize, "a vector of " + count + " elements");
    return source.slice(start + 4, count * elementSize);
  }

  private <T> @Nullable List<T> list(int slot, int size, ElementReader<T> reader) {
    MemorySegment bytes = vector(slot, size);
    if (bytes == null) {
      return null;
    }
    source.spend(position, 2 * bytes.byteSize());
    List<T> list = new ArrayList<>();
    for (long i = 0; i < bytes.byteSize(); i += size) {
      list.add(reader.read(bytes, i));
    }
    return list;
  }

  @FunctionalInterface
  private interface ElementReader<T> {
    T read(MemorySegment bytes, long offset);
  }

  @Nullable List<Integer> uint8s(int slot) {
    return list(slot, 1, (bytes, i) -> bytes.get(Tensor.BYTE, i) & 0xff);
  }

  @Nullable List<Byte> int8s(int slot) {
    return list(slot, 1, (bytes, i) -> bytes.get(Tensor.BYTE, i));
  }

  @Nullable List<Boolean> bools(int slot) {
    return list(slot, 1, (bytes, i) -> bytes.get(Tensor.BYTE, i) != 0);
  }

  @Nullable List<Integer> uint16s(int slot) {
    return list(slot, 2, (bytes, i) -> bytes.get(Tensor.SHORT, i) & 0xffff);
  }

  @Nullable List<Integer> int32s(int slot) {
    return list(slot, 4, (bytes, i) -> bytes.get(Tensor.INT, i));
  }

  @Nullable List<Long> int64s(int slot) {
    return list(slot, 8, (bytes, i) -> bytes.get(Tensor.LONG, i));
  }

  @Nullable List<Float> floats(int slot) {
    return list(slot, 4, (bytes, i) -> bytes.get(Tensor.FLOAT, i));
  }

  /** Reads each table of a vector with {@code read}; returns no elements if the field is absent. */
  <T> List<T> tables(int slot, Function<FlatTable, T> read) {
    MemorySegment offsets = vector(slot, 4);
    if (offsets == null) {
      return List.of();
    }
    long start = offsets.address() - source.bytes.address();
    List<T> list = new ArrayList<>();
    for (long i = 0; i < offsets.byteSize(); i += 4) {
      list.add(read.apply(root(source, start + i)));
    }
    return list;
  }
}
