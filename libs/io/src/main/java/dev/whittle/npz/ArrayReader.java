package dev.whittle.npz;

import java.io.IOException;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;

/** Reads the contents behind a header into little endian, row-major memory, and checks them. */
final class ArrayReader {
  /** The largest Java array that every virtual machine allows. */
  private static final int MAX_HEAP_BYTES = Integer.MAX_VALUE - 8;

  private static final String WHAT = "the array's contents";

  private final FileHeader header;
  private final ByteSource source;

  ArrayReader(FileHeader header, ByteSource source) {
    this.header = header;
    this.source = source;
  }

  /**
   * The rows that come next in a source in row-major order; for a single value its one element.
   *
   * @param from index of the first row, for messages
   */
  NpyArray nextRows(int from, int count) throws IOException {
    NpyHeader part = header.array().withRows(count);
    MemorySegment data = allocate(part.byteSize());
    source.readInto(data, 0, part.byteSize(), WHAT);
    return finish(part, data, from);
  }

  /**
   * Some rows of an array in Fortran order: one pass over a source that stands before the contents.
   * In the file all rows' elements of one column lie together, then those of the next column, where
   * the columns (combinations of the other indices) come in Fortran order too.
   */
  NpyArray rowsOfFortranOrder(int from, int count) throws IOException {
    NpyHeader whole = header.array();
    NpyHeader part = whole.withRows(count);
    MemorySegment data = allocate(part.byteSize());
    int itemBytes = whole.itemBytes();
    long rowBytes = whole.rowBytes();
    long columns = whole.byteSize() == 0 ? 0 : rowBytes / itemBytes;
    var column = new FortranColumn(whole.shape(), itemBytes);
    for (long i = 0; i < columns; i++) {
      source.skip((long) from * itemBytes, WHAT);
      for (long row = 0; row < count; row++) {
        source.readInto(data, row * rowBytes + column.offset(), itemBytes, WHAT);
      }
      source.skip(((long) whole.rows() - from - count) * itemBytes, WHAT);
      column.next();
    }
    return finish(part, data, from);
  }

  static MemorySegment allocate(long bytes) {
    return bytes <= MAX_HEAP_BYTES
        ? MemorySegment.ofArray(new byte[(int) bytes])
        : Arena.ofAuto().allocate(bytes, 64);
  }

  private NpyArray finish(NpyHeader part, MemorySegment data, int from) throws IOException {
    if (header.bigEndian()) {
      Layouts.reverseUnits(data, part.type().unitBytes());
    }
    check(part, data, from);
    return new NpyArray(part, data);
  }

  private void check(NpyHeader part, MemorySegment data, int from) throws MalformedNpzException {
    long bad = firstBadUnit(part.type(), data);
    if (bad < 0) {
      return;
    }
    long element = bad * part.type().unitBytes() / part.itemBytes();
    long rowElements = part.rank() == 0 ? 1 : part.rowBytes() / part.itemBytes();
    throw source
        .origin()
        .malformed(
            Origin.NO_OFFSET,
            "element %d (row-major) is not a valid %s"
                .formatted(element + from * rowElements, part.type()));
  }

  private static long firstBadUnit(DType type, MemorySegment data) {
    long units = data.byteSize() / type.unitBytes();
    if (type == DType.BOOL) {
      for (long i = 0; i < units; i++) {
        if ((data.get(ValueLayout.JAVA_BYTE, i) & 0xfe) != 0) {
          return i;
        }
      }
    } else if (type == DType.UNICODE) {
      for (long i = 0; i < units; i++) {
        if (!Strings.isScalar(data.get(Layouts.INT, 4 * i))) {
          return i;
        }
      }
    }
    return -1;
  }

  /** Walks all indices but the first in Fortran order, knowing where each lies in a row. */
  private static final class FortranColumn {
    private final int[] shape;
    private final int[] index;
    private final long[] strides;
    private long offset;

    FortranColumn(int[] shape, int itemBytes) {
      this.shape = shape;
      this.index = new int[shape.length];
      this.strides = new long[shape.length];
      long stride = itemBytes;
      for (int axis = shape.length - 1; axis > 0; axis--) {
        strides[axis] = stride;
        stride *= shape[axis];
      }
    }

    /** Bytes from the beginning of a row to this column's element. */
    long offset() {
      return offset;
    }

    void next() {
      for (int axis = 1; axis < shape.length; axis++) {
        offset += strides[axis];
        if (++index[axis] < shape[axis]) {
          return;
        }
        offset -= strides[axis] * shape[axis];
        index[axis] = 0;
      }
    }
  }
}
