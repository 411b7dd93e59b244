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
 * An implicit im2col: the matrix whose rows are the windows of images, which is not written down.
 * An {@link IndirectionBuffer} has the offsets of each row's runs, either in the images themselves,
 * with a run of zeros for padding, or in a tile buffer: the rows of the image that some rows of
 * windows read, copied together with their padding. Tile buffers are for elements that are
 * converted to floats, and for images with so few channels that each row of a window should be one
 * run. The tile buffers of 3-D convolutions have a part for each plane of the filter.
 */
public final class Im2col {
  /** Elements of a chunk's input: half a second-level cache. */
  private static final int CHUNK_ELEMENTS = 1 << 16;

  /** The most rows of a chunk. */
  private static final int MAX_ROWS = 1 << 10;

  /** Chunks for each thread, to balance the load. */
  private static final int CHUNKS_PER_THREAD = 4;

  /** Shorter runs are worth a copy that joins them. */
  private static final int MIN_RUN = 8;

  /** The most offsets of images that are read in place. */
  private static final int MAX_OFFSETS = 1 << 22;

  /** A source of elements, which it copies to a tile buffer as floats. */
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
  private final int outputRowsPerChunk;
  private final int outputRowsPerImage;
  private final int chunks;
  private int[] offsets = {};
  private IndirectionBuffer indirection;

  /**
   * Divides windows into chunks.
   *
   * @param channels channels of each pixel that are read
   * @param floats whether the images are float arrays that may be read in place
   */
  public Im2col(WindowGeometry given, int channels, boolean floats, Workers workers) {
    this(given, DepthPlanes.ONE, channels, floats, workers);
  }

  /**
   * Divides 3-D windows into chunks.
   *
   * @param given the windows over planes; their batch is all output planes of all inputs
   */
  public Im2col(
      WindowGeometry given, DepthPlanes planes, int channels, boolean floats, Workers workers) {
    this.planes = planes;
    boolean flat = planes.equals(DepthPlanes.ONE);
    windows = flat ? given.flattened() : given;
    boolean allChannels = channels == windows.channels();
    rows = windows.outputs();
    boolean inPlace = windows.channels() >= MIN_RUN || windows.taps() == 1 || !allChannels;
    boolean hasPadding = !windows.readsPadding() || windows.channels() <= ArrayMemory.ZEROS;
    long allOffsets = (long) rows * windows.taps();
    direct = flat && floats && inPlace && hasPadding && allOffsets <= MAX_OFFSETS;
    boolean joined = !direct && windows.dilationWidth() == 1 && allChannels;
    taps = ArraySize.product(planes.filter(), joined ? windows.filterHeight() : windows.taps());
    run = joined ? windows.filterWidth() * channels : channels;
    int target = targetRows(workers);
    if (direct) {
      rowsPerChunk = target;
      outputRowsPerChunk = 0;
      outputRowsPerImage = 0;
      chunks = Math.ceilDiv(rows, rowsPerChunk);
    } else {
      int width = Math.max(1, windows.outputWidth());
      outputRowsPerImage = windows.outputHeight();
      outputRowsPerChunk = Math.clamp(target / width, 1, Math.max(1, outputRowsPerImage));
      rowsPerChunk = outputRowsPerChunk * windows.outputWidth();
      chunks = windows.batch() * Math.ceilDiv(outputRowsPerImage, outputRowsPerChunk);
      offsets = bufferOffsets();
    }
    indirection = new IndirectionBuffer(offsets, taps);
  }

  private int targetRows(Workers workers) {
    int area = windows.strideHeight() * windows.strideWidth();
    int perRow = Math.max(1, windows.channels() * area * planes.filter());
    int block = workers.blockRows();
    int target = Math.clamp(CHUNK_ELEMENTS / perRow, block, MAX_ROWS);
    if (workers.count() > 1) {
      int share = Math.ceilDiv(rows, CHUNKS_PER_THREAD * workers.count());
      target = Math.min(target, Math.max(block, share));
    }
    return Math.ceilDiv(target, block) * block;
  }

  private int[] bufferOffsets() {
    int rowSize = bufferRowSize();
    int plane = rows == 0 ? 0 : bufferPlane();
    int[] all = new int[ArraySize.product(rowsPerChunk, taps)];
    int perPlane = taps / planes.filter();
    int perRow = perPlane / windows.filterHeight();
    int at = 0;
    for (int y = 0; y < outputRowsPerChunk; y++) {
      for (int x = 0; x < windows.outputWidth(); x++) {
        for (int t = 0; t < taps; t++) {
          int ky = t % perPlane / perRow;
          int kx = t % perRow;
          all[at++] =
              t / perPlane * plane
                  + (y * windows.strideHeight() + ky * windows.dilationHeight()) * rowSize
                  + (x * windows.strideWidth() + kx * windows.dilationWidth()) * windows.channels();
        }
      }
    }
    return all;
  }

  /** Returns the elements of a row of a tile buffer. */
  public int bufferRowSize() {
    return ArraySize.product(windows.reachedColumns(), windows.channels());
  }

  /** Returns the elements of a tile buffer's part for one plane. */
  private int bufferPlane() {
    return ArraySize.product(windows.reachedRows(outputRowsPerChunk), bufferRowSize());
  }

  /** Returns the elements of a tile buffer; 0 if windows are read in place. */
  public int bufferSize() {
    return direct || rows == 0 ? 0 : ArraySize.product(planes.filter(), bufferPlane());
  }

  /** Returns whether windows are read in place; see {@link #moveTo}. */
  boolean isDirect() {
    return direct;
  }

  /**
   * Computes the offsets in images that are read in place.
   *
   * @param origin index of the first element; those from 0 on are zeros, for padding
   */
  void moveTo(int origin) {
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
              int pixel = (b * windows.height() + row) * windows.width() + column;
              all[at++] = inside ? origin + pixel * windows.channels() : 0;
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

  /** Returns the runs of a row. */
  public int taps() {
    return taps;
  }

  /** Returns the elements of each tap of a row. */
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

  /** Returns the rows of the largest chunk. */
  int rowsPerChunk() {
    return rowsPerChunk;
  }

  private int firstOutputRow(int chunk) {
    return chunk % Math.ceilDiv(outputRowsPerImage, outputRowsPerChunk) * outputRowsPerChunk;
  }

  private int image(int chunk) {
    return chunk / Math.ceilDiv(outputRowsPerImage, outputRowsPerChunk);
  }

  /** Returns the first row of a chunk, counted over all images. */
  public int firstRow(int chunk) {
    return direct
        ? chunk * rowsPerChunk
        : (image(chunk) * outputRowsPerImage + firstOutputRow(chunk)) * windows.outputWidth();
  }

  /** Returns the rows of the output image in a chunk. */
  public int outputRows(int chunk) {
    return Math.min(outputRowsPerChunk, outputRowsPerImage - firstOutputRow(chunk));
  }

  /** Returns the number of a chunk's rows. */
  int rows(int chunk) {
    return direct
        ? Math.min(rowsPerChunk, rows - chunk * rowsPerChunk)
        : outputRows(chunk) * windows.outputWidth();
  }

  /** Copies the elements that the windows of a chunk read to a tile buffer, with their padding. */
  public void fill(
      int chunk, Source source, float paddingValue, float[] buffer, int to, MicroKernels math) {
    for (int k = 0; k < planes.filter(); k++) {
      int image = planes.plane(image(chunk), k);
      int at = to + (k == 0 ? 0 : k * bufferPlane());
      if (image < 0) {
        Arrays.fill(
            buffer,
            at,
            at + windows.reachedRows(outputRows(chunk)) * bufferRowSize(),
            paddingValue);
      } else {
        fill(chunk, image, source, paddingValue, buffer, at, math);
      }
    }
  }

  private void fill(
      int chunk,
      int image,
      Source source,
      float paddingValue,
      float[] buffer,
      int origin,
      MicroKernels math) {
    int size = bufferRowSize();
    int channels = windows.channels();
    int left = Math.min(size, windows.left() * channels);
    int count = Math.min(size - left, windows.width() * channels);
    int rows = windows.reachedRows(outputRows(chunk));
    int firstRow = firstOutputRow(chunk) * windows.strideHeight() - windows.top();
    int base = image * windows.height();
    if (left == 0 && count == size && size == windows.width() * channels) {
      int from = Math.max(0, -firstRow);
      int to = Math.max(from, Math.min(rows, windows.height() - firstRow));
      Arrays.fill(buffer, origin, origin + from * size, paddingValue);
      int index = (base + firstRow + from) * size;
      source.copy(index, buffer, origin + from * size, (to - from) * size, math);
      Arrays.fill(buffer, origin + to * size, origin + rows * size, paddingValue);
      return;
    }
    for (int i = 0; i < rows; i++) {
      int row = firstRow + i;
      int at = origin + i * size;
      if (row < 0 || row >= windows.height()) {
        Arrays.fill(buffer, at, at + size, paddingValue);
      } else {
        Arrays.fill(buffer, at, at + left, paddingValue);
        source.copy((base + row) * windows.width() * channels, buffer, at + left, count, math);
        Arrays.fill(buffer, at + left + count, at + size, paddingValue);
      }
    }
  }
}
