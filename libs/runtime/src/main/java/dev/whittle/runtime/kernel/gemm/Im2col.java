package dev.whittle.runtime.kernel.gemm;

import dev.whittle.runtime.kernel.execution.ArrayMemory;
import dev.whittle.runtime.kernel.execution.Workers;
import dev.whittle.runtime.kernel.geometry.ArraySize;
import dev.whittle.runtime.kernel.geometry.DepthPlanes;
import dev.whittle.runtime.kernel.geometry.WindowGeometry;
import dev.whittle.runtime.kernel.simd.IndirectionBuffer;
import dev.whittle.runtime.kernel.simd.MicroKernels;
import java.util.Arrays;

/**
 * The matrix whose rows are the windows of pictures, which is never written down: the runs of each
 * row are found by their offsets. They lie either in the pictures themselves, with a run of zeros
 * for what is beyond the border, or in a slab: the rows of the picture that some rows of windows
 * read, copied together with what is beyond the border. Slabs are for elements that are to become
 * floats, and for pictures with so few channels that the runs of a window's row should be one.
 * Windows over volumes have slabs of as many parts as the filter has planes.
 */
public final class Im2col {
  /** Elements of one chunk's input: what half a second-level cache holds. */
  private static final int CHUNK_ELEMENTS = 1 << 16;

  private static final int MAX_ROWS = 1 << 10;

  /** Chunks for each thread, so that all are busy to the end. */
  private static final int CHUNKS_PER_THREAD = 4;

  /** Runs shorter than this are worth copying to join them. */
  private static final int MIN_RUN = 8;

  private static final int MAX_OFFSETS = 1 << 22;

  /** Copies elements into a slab as floats. */
  @FunctionalInterface
  public interface Source {
    void copy(int from, float[] buffer, int to, int count, MicroKernels math);
  }

  private final WindowGeometry windows;
  private final DepthPlanes planes;
  private final boolean direct;
  private final int taps;
  private final int run;
  private final int rows;
  private final int rowsPerChunk;
  private final int linesPerChunk;
  private final int linesPerImage;
  private final int chunks;
  private int[] offsets = {};
  private IndirectionBuffer indirection;

  /**
   * Divides windows into chunks.
   *
   * @param channels how many of each pixel are read
   * @param floats whether the pictures are float arrays that may be read in place
   */
  public Im2col(WindowGeometry given, int channels, boolean floats, Workers workers) {
    this(given, DepthPlanes.ONE, channels, floats, workers);
  }

  /**
   * Divides windows over volumes into chunks.
   *
   * @param given windows over planes: their batch is all output planes of all volumes
   */
  public Im2col(
      WindowGeometry given, DepthPlanes planes, int channels, boolean floats, Workers workers) {
    this.planes = planes;
    boolean flat = planes.equals(DepthPlanes.ONE);
    windows = flat ? given.flattened() : given;
    boolean allChannels = channels == windows.channels();
    rows = windows.outputs();
    boolean inPlace = windows.channels() >= MIN_RUN || windows.taps() == 1 || !allChannels;
    boolean bordered = !windows.readsPadding() || windows.channels() <= ArrayMemory.ZEROS;
    long allOffsets = (long) rows * windows.taps();
    direct = flat && floats && inPlace && bordered && allOffsets <= MAX_OFFSETS;
    boolean joined = !direct && windows.dilationWidth() == 1 && allChannels;
    taps = ArraySize.product(planes.filter(), joined ? windows.filterHeight() : windows.taps());
    run = joined ? windows.filterWidth() * channels : channels;
    int wanted = wantedRows(workers);
    if (direct) {
      rowsPerChunk = wanted;
      linesPerChunk = 0;
      linesPerImage = 0;
      chunks = Math.ceilDiv(rows, rowsPerChunk);
    } else {
      int width = Math.max(1, windows.outputWidth());
      linesPerImage = windows.outputHeight();
      linesPerChunk = Math.clamp(wanted / width, 1, Math.max(1, linesPerImage));
      rowsPerChunk = linesPerChunk * windows.outputWidth();
      chunks = windows.batch() * Math.ceilDiv(linesPerImage, linesPerChunk);
      offsets = bufferOffsets();
    }
    indirection = new IndirectionBuffer(offsets, taps);
  }

  private int wantedRows(Workers workers) {
    int area = windows.strideHeight() * windows.strideWidth();
    int perRow = Math.max(1, windows.channels() * area * planes.filter());
    int block = workers.blockRows();
    int wanted = Math.clamp(CHUNK_ELEMENTS / perRow, block, MAX_ROWS);
    if (workers.count() > 1) {
      int share = Math.ceilDiv(rows, CHUNKS_PER_THREAD * workers.count());
      wanted = Math.min(wanted, Math.max(block, share));
    }
    return Math.ceilDiv(wanted, block) * block;
  }

  private int[] bufferOffsets() {
    int line = bufferRowSize();
    int plane = rows == 0 ? 0 : bufferPlane();
    int[] all = new int[ArraySize.product(rowsPerChunk, taps)];
    int perPlane = taps / planes.filter();
    int perLine = perPlane / windows.filterHeight();
    int at = 0;
    for (int y = 0; y < linesPerChunk; y++) {
      for (int x = 0; x < windows.outputWidth(); x++) {
        for (int t = 0; t < taps; t++) {
          int ky = t % perPlane / perLine;
          int kx = t % perLine;
          all[at++] =
              t / perPlane * plane
                  + (y * windows.strideHeight() + ky * windows.dilationHeight()) * line
                  + (x * windows.strideWidth() + kx * windows.dilationWidth()) * windows.channels();
        }
      }
    }
    return all;
  }

  /** Elements of one line of a slab. */
  public int bufferRowSize() {
    return ArraySize.product(windows.reachedColumns(), windows.channels());
  }

  /** Elements of a slab's part of one plane. */
  private int bufferPlane() {
    return ArraySize.product(windows.reachedRows(linesPerChunk), bufferRowSize());
  }

  /** Elements of a slab; 0 where windows are read in place. */
  public int bufferSize() {
    return direct || rows == 0 ? 0 : ArraySize.product(planes.filter(), bufferPlane());
  }

  /** Whether the offsets are places in the pictures' array; see {@link #place}. */
  boolean isDirect() {
    return direct;
  }

  /** Computes the offsets for pictures that begin at {@code origin}, with zeros from 0 on. */
  void place(int origin) {
    int[] all = offsets.length == rows * taps ? offsets : new int[rows * taps];
    int at = 0;
    for (int b = 0; b < windows.batch(); b++) {
      for (int y = 0; y < windows.outputHeight(); y++) {
        for (int x = 0; x < windows.outputWidth(); x++) {
          for (int ky = 0; ky < windows.filterHeight(); ky++) {
            int row = windows.inputRow(y, ky);
            for (int kx = 0; kx < windows.filterWidth(); kx++) {
              int column =
                  x * windows.strideWidth() - windows.left() + kx * windows.dilationWidth();
              boolean inside =
                  row >= 0 && row < windows.height() && column >= 0 && column < windows.width();
              int place = (b * windows.height() + row) * windows.width() + column;
              all[at++] = inside ? origin + place * windows.channels() : 0;
            }
          }
        }
      }
    }
    if (all.length != offsets.length) {
      offsets = all;
      indirection = new IndirectionBuffer(offsets, taps);
    }
  }

  IndirectionBuffer indirection() {
    return indirection;
  }

  public int taps() {
    return taps;
  }

  public int run() {
    return run;
  }

  int rows() {
    return rows;
  }

  int channels() {
    return windows.channels();
  }

  public int chunks() {
    return chunks;
  }

  /** The most rows that a chunk has. */
  int rowsPerChunk() {
    return rowsPerChunk;
  }

  private int firstLine(int chunk) {
    return chunk % Math.ceilDiv(linesPerImage, linesPerChunk) * linesPerChunk;
  }

  private int image(int chunk) {
    return chunk / Math.ceilDiv(linesPerImage, linesPerChunk);
  }

  /** The first row of a chunk, counted over all pictures. */
  public int firstRow(int chunk) {
    return direct
        ? chunk * rowsPerChunk
        : (image(chunk) * linesPerImage + firstLine(chunk)) * windows.outputWidth();
  }

  public int outputRows(int chunk) {
    return Math.min(linesPerChunk, linesPerImage - firstLine(chunk));
  }

  /** How many rows a chunk has. */
  int rows(int chunk) {
    return direct
        ? Math.min(rowsPerChunk, rows - chunk * rowsPerChunk)
        : outputRows(chunk) * windows.outputWidth();
  }

  /** Copies what the windows of a chunk read, with {@code beyond} where that is no element. */
  public void fill(
      int chunk, Source source, float beyond, float[] buffer, int to, MicroKernels math) {
    for (int k = 0; k < planes.filter(); k++) {
      int image = planes.plane(image(chunk), k);
      int at = to + (k == 0 ? 0 : k * bufferPlane());
      if (image < 0) {
        Arrays.fill(
            buffer, at, at + windows.reachedRows(outputRows(chunk)) * bufferRowSize(), beyond);
      } else {
        fill(chunk, image, source, beyond, buffer, at, math);
      }
    }
  }

  private void fill(
      int chunk,
      int image,
      Source source,
      float beyond,
      float[] buffer,
      int origin,
      MicroKernels math) {
    int line = bufferRowSize();
    int channels = windows.channels();
    int left = Math.min(line, windows.left() * channels);
    int count = Math.min(line - left, windows.width() * channels);
    int lines = windows.reachedRows(outputRows(chunk));
    int firstLine = firstLine(chunk) * windows.strideHeight() - windows.top();
    int base = image * windows.height();
    if (left == 0 && count == line && line == windows.width() * channels) {
      int from = Math.max(0, -firstLine);
      int to = Math.max(from, Math.min(lines, windows.height() - firstLine));
      Arrays.fill(buffer, origin, origin + from * line, beyond);
      int place = (base + firstLine + from) * line;
      source.copy(place, buffer, origin + from * line, (to - from) * line, math);
      Arrays.fill(buffer, origin + to * line, origin + lines * line, beyond);
      return;
    }
    for (int i = 0; i < lines; i++) {
      int row = firstLine + i;
      int at = origin + i * line;
      if (row < 0 || row >= windows.height()) {
        Arrays.fill(buffer, at, at + line, beyond);
      } else {
        Arrays.fill(buffer, at, at + left, beyond);
        source.copy((base + row) * windows.width() * channels, buffer, at + left, count, math);
        Arrays.fill(buffer, at + left + count, at + line, beyond);
      }
    }
  }
}
