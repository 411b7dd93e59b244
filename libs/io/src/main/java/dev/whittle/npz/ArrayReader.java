package dev.whittle.npz;

import java.io.IOException;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;

/** A reader of an array's contents into little endian, row-major memory. */
final class ArrayReader {
  /** The largest Java array that all virtual machines allow. */
  private static final int MAX_HEAP_BYTES = Integer.MAX_VALUE - 8;

  private static final String CONTENTS = "the array's contents";

  private final FileHeader header;
  private final ByteSource source;

  ArrayReader(FileHeader header, ByteSource source) {
    this.header = header;
    this.source = source;
  }

  /**
   * Reads the next rows of an array in row-major order, or the element of a scalar.
   *
   * @param from index of the first row, for error messages
   * @param count number of rows
   */
  NpyArray nextRows(int from, int count) throws IOException {
    NpyHeader part = header.array().withRows(count);
    MemorySegment data = allocate(part.byteSize());
    source.readInto(data, 0, part.byteSize(), CONTENTS);
    return finish(part, data, from);
  }

  /**
   * Reads rows of an array in Fortran order, in one pass from the beginning of the contents. The
   * file holds the elements of all rows for the first column, then those for the second, and so on.
   * Columns, which are combinations of the other indices, are in Fortran order too.
   */
  NpyArray rowsOfFortranOrder(int from, int count) throws IOException {
    NpyHeader all = header.array();
    NpyHeader part = all.withRows(count);
    MemorySegment data = allocate(part.byteSize());
    int itemBytes = all.itemBytes();
    long rowBytes = all.rowBytes();
    long columns = all.byteSize() == 0 ? 0 : rowBytes / itemBytes;
    var column = new FortranColumn(all.shape(), itemBytes);
    for (long i = 0; i < columns; i++) {
      source.skip((long) from * itemBytes, CONTENTS);
      for (long row = 0; row < count; row++) {
        source.readInto(data, row * rowBytes + column.offset(), itemBytes, CONTENTS);
      }
      source.skip(((long) all.rows() - from - count) * itemBytes, CONTENTS);
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

  /** An iterator over all indices but the first in Fortran order, with their offset in a row. */
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

    /** Returns the byte offset of this column's element in a row. */
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
