package dev.whittle.runtime.kernel.gemm;

import dev.whittle.ir.kernel.Invocation;
import dev.whittle.ir.kernel.Kernel;
import dev.whittle.runtime.kernel.execution.ArrayMemory;
import dev.whittle.runtime.kernel.execution.Scratch;
import dev.whittle.runtime.kernel.execution.StridedOutput;
import dev.whittle.runtime.kernel.execution.Workers;
import dev.whittle.runtime.kernel.geometry.ArraySize;
import dev.whittle.runtime.kernel.geometry.WindowGeometry;
import dev.whittle.runtime.kernel.simd.Clamp;
import dev.whittle.runtime.kernel.simd.IndirectionBuffer;
import dev.whittle.runtime.kernel.simd.MicroKernels;
import dev.whittle.runtime.kernel.simd.PackedMatrix;
import java.util.Arrays;

/**
 * A convolution with a 3x3 filter of stride 1 by Winograd's F(2x2, 3x3); see Lavin and Gray, "Fast
 * Algorithms for Convolutional Neural Networks", 2015. Input tiles {@code d} of 4x4 pixels are
 * transformed to {@code B' d B}. Each of its 16 elements has a GEMM with a matrix of its own, an
 * element of {@code G g G'} for the filters {@code g}. The 16 products {@code m} are transformed to
 * 2x2 outputs, {@code A' m A}. This takes 4 multiply-adds in place of 9. Subclasses define the
 * numbers.
 */
public abstract class WinogradConvolution implements Kernel, Workers.Task, StridedOutput {
  static final int ELEMENTS = MicroKernels.WINOGRAD_ELEMENTS;

  /** The element that each output of a tile has with factor 1, to which the bias is added. */
  static final int BIASED = 5;

  /** Elements of a chunk's tiles and of a panel's products: a quarter of a second-level cache. */
  private static final int CHUNK_ELEMENTS = 1 << 16;

  /** The most tiles of a chunk. */
  private static final int MAX_TILES = 1 << 9;

  /** The most transformed weights: 128 MiB. */
  private static final int MAX_WEIGHTS = 1 << 25;

  /** Chunks for each thread, to balance the load. */
  private static final int CHUNKS_PER_THREAD = 4;

  /** Cost of reading a weight, in multiply-adds. */
  private static final double WEIGHT_COST = 24;

  /** Cost of a tile beside its multiply-adds and transforms, in multiply-adds. */
  private static final double TILE_COST = 1200;

  private final Workers workers;
  final WindowGeometry windows;
  private final PackedMatrix[] matrices;
  private final int panels;
  private final int columns;
  private final int tileColumns;
  private final int tilesPerImage;
  private final int tiles;
  private final int tilesPerChunk;
  private final int chunks;
  private final int groups;

  /** The rows of a transformed element: one for each tile. */
  private final IndirectionBuffer left;

  /** Elements from one pixel of the output to the next. */
  private int stride;

  /** The output's first column in the tensor that it is part of. */
  private int firstOutputColumn;

  /**
   * Creates a convolution.
   *
   * @param weights see {@link #pack}
   * @param bias one element for each column
   */
  WinogradConvolution(Workers workers, WindowGeometry windows, PackedMatrix weights, float[] bias) {
    this.workers = workers;
    this.windows = windows;
    this.columns = weights.columns();
    this.panels = weights.panels();
    int channels = windows.channels();
    this.matrices = new PackedMatrix[ELEMENTS];
    float[] zeros = new float[columns];
    for (int i = 0; i < ELEMENTS; i++) {
      PackedMatrix rows = weights.rows(i * channels, channels);
      matrices[i] = rows.withBias(i == BIASED ? bias : zeros);
    }
    this.stride = columns;
    this.tileColumns = Math.ceilDiv(windows.outputWidth(), 2);
    this.tilesPerImage = Math.ceilDiv(windows.outputHeight(), 2) * tileColumns;
    this.tiles = ArraySize.product(windows.batch(), tilesPerImage);
    int width = weights.width(0);
    int limit = Math.min(MAX_TILES, CHUNK_ELEMENTS / (ELEMENTS * (channels + width)));
    if (workers.count() > 1) {
      limit = Math.min(limit, Math.ceilDiv(tiles, CHUNKS_PER_THREAD * workers.count()));
    }
    int block = workers.blockRows();
    this.tilesPerChunk = Math.min(tiles, Math.max(1, limit / block) * block);
    this.chunks = Math.ceilDiv(tiles, tilesPerChunk);
    this.groups =
        workers.count() == 1 ? 1 : Math.clamp(Math.ceilDiv(2 * workers.count(), chunks), 1, panels);
    this.left = IndirectionBuffer.ofRows(tilesPerChunk, channels);
  }

  /**
   * Reserves scratch space for transformed tiles and for a panel's products.
   *
   * @param inputs floats to reserve after the tiles
   * @param sums floats to reserve after the products
   */
  final void reserve(int inputs, int sums) {
    workers.reserve(
        ArraySize.sum(ArraySize.product(ELEMENTS * windows.channels(), tilesPerChunk), inputs),
        ArraySize.sum(ArraySize.product(ELEMENTS * matrices[0].width(0), tilesPerChunk), sums),
        0);
  }

  /**
   * Returns whether a convolution can be computed in this way, and is faster than by im2col.
   *
   * @param transformCost cost of a channel of a tile before or after the products, in multiply-adds
   */
  static boolean isFaster(WindowGeometry windows, int columns, double transformCost) {
    boolean possible =
        windows.filterHeight() == 3
            && windows.filterWidth() == 3
            && windows.strideHeight() == 1
            && windows.strideWidth() == 1
            && windows.dilationHeight() == 1
            && windows.dilationWidth() == 1
            && windows.channels() <= ArrayMemory.ZEROS
            && (long) ELEMENTS * windows.channels() * columns <= MAX_WEIGHTS;
    return possible && cost(windows, columns, transformCost) < costOfIm2col(windows, columns);
  }

  /** Returns the cost of a convolution by im2col, in multiply-adds. */
  private static double costOfIm2col(WindowGeometry windows, int columns) {
    return 9.0 * windows.channels() * columns * (windows.outputs() + WEIGHT_COST);
  }

  /** Returns the cost in multiply-adds, those of GEMMs of few channels taking longer. */
  private static double cost(WindowGeometry windows, int columns, double transformCost) {
    double weights = (double) ELEMENTS * windows.channels() * columns;
    double tiles =
        (double) windows.batch()
            * Math.ceilDiv(windows.outputHeight(), 2)
            * Math.ceilDiv(windows.outputWidth(), 2);
    double transforms = transformCost * (windows.channels() + columns) + TILE_COST;
    return weights * (1.1 * tiles + WEIGHT_COST) + tiles * transforms;
  }

  /**
   * Packs the 16 matrices of transformed filters, one below the other, without bias.
   *
   * @param filters {@code [columns, 3, 3, channels]}
   * @param rows the rows of {@code G}
   */
  static PackedMatrix pack(
      PackedMatrix.Elements filters, int columns, int channels, float[][] rows, int lanes) {
    float[] filter = new float[9 * channels];
    double[] sums = new double[channels];
    PackedMatrix.Elements transformed =
        (from, to, at, count) -> {
          // The cut has whole columns, so that one column is requested at a time.
          filters.copy(from / count * filter.length, filter, 0, filter.length);
          transform(filter, rows, sums, to, at);
        };
    return PackedMatrix.of(transformed, columns, cut(channels), new float[0], lanes);
  }

  /** Returns the cut of the packed weights of so many channels. */
  public static PackedMatrix.Cut cut(int channels) {
    return PackedMatrix.Cut.whole(ELEMENTS * channels);
  }

  /**
   * Transforms a filter {@code [3, 3, channels]} to {@code [16, channels]}.
   *
   * @param rows the rows of {@code G}
   * @param sums a buffer with an element for each channel
   */
  static void transform(float[] filter, float[][] rows, double[] sums, float[] to, int at) {
    int channels = sums.length;
    for (int i = 0; i < ELEMENTS; i++) {
      Arrays.fill(sums, 0);
      for (int tap = 0; tap < 9; tap++) {
        double factor = (double) rows[i / 4][tap / 3] * rows[i % 4][tap % 3];
        if (factor != 0) {
          add(filter, tap * channels, factor, sums);
        }
      }
      round(sums, to, at + i * channels);
    }
  }

  private static void add(float[] filter, int at, double factor, double[] sums) {
    for (int c = 0; c < sums.length; c++) {
      sums[c] += factor * filter[at + c];
    }
  }

  private static void round(double[] sums, float[] to, int at) {
    for (int c = 0; c < sums.length; c++) {
      to[at + c] = (float) sums[c];
    }
  }

  @Override
  public final void writeTo(int wider, int first) {
    stride = wider;
    firstOutputColumn = first;
  }

  /** Returns the elements from one pixel of the output to the next. */
  final int stride() {
    return stride;
  }

  /** Returns the index of a pixel of the output, relative to its first one. */
  final int outputIndex(int pixel) {
    return firstOutputColumn + pixel * stride;
  }

  /** Returns the tiles of the largest chunk. */
  final int chunkTiles() {
    return tilesPerChunk;
  }

  /** Returns the tiles of a row of an image. */
  final int tileColumns() {
    return tileColumns;
  }

  /** Returns how many of {@code count} tiles from one on are in its row of tiles. */
  final int tilesInRow(int tile, int count) {
    return Math.min(count, tileColumns - tile % tileColumns);
  }

  /** Returns the index of a tile's image. */
  final int image(int tile) {
    return tile / tilesPerImage;
  }

  /** Returns the first of a tile's two rows of the output. */
  final int outputRow(int tile) {
    return tile % tilesPerImage / tileColumns * 2;
  }

  /** Returns the first of a tile's two columns of the output. */
  final int outputColumn(int tile) {
    return tile % tileColumns * 2;
  }

  /** Binds operands before the chunks run. */
  abstract void begin(Invocation invocation);

  /** Transforms some input tiles to {@code [16, count, channels]}, in the scratch input. */
  abstract void transformInputs(Scratch scratch, int first, int count);

  /**
   * Computes outputs from the {@code [16, count, width]} products in the scratch sums.
   *
   * @param column the first of {@code columns}
   */
  abstract void transformProducts(
      Scratch scratch, int first, int count, int width, int column, int columns);

  @Override
  public final void run(Invocation invocation) {
    begin(invocation);
    workers.run(this, chunks * groups);
  }

  @Override
  public final void run(int chunk, Scratch scratch) {
    int first = chunk / groups * tilesPerChunk;
    int count = Math.min(tilesPerChunk, tiles - first);
    int group = chunk % groups;
    transformInputs(scratch, first, count);
    int last = (group + 1) * panels / groups;
    for (int panel = group * panels / groups; panel < last; panel++) {
      int column = matrices[0].firstColumn(panel);
      int width = matrices[0].width(panel);
      for (int i = 0; i < ELEMENTS; i++) {
        multiply(scratch, i, panel, count, i * count * width - column, width);
      }
      int used = Math.min(width, columns - column);
      transformProducts(scratch, first, count, width, column, used);
    }
  }

  private void multiply(Scratch scratch, int element, int panel, int count, int to, int width) {
    int base = element * count * windows.channels();
    scratch.gemm.base(base).rows(0, count).panels(panel, panel + 1).paddedOutput(to, width);
    scratch.math.multiply(
        scratch.input(), left, matrices[element], scratch.sums(), scratch.gemm, Clamp.NONE);
  }
}
