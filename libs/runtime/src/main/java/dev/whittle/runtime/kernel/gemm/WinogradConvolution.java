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
 * A convolution with a 3x3 filter of stride 1 by Winograd's F(2x2, 3x3): Lavin and Gray, "Fast
 * Algorithms for Convolutional Neural Networks", 2015. Tiles {@code d} of 4x4 pixels become {@code
 * B' d B}, of which each of the 16 elements is multiplied by a matrix of its own, {@code G g G'} of
 * the filters {@code g}; {@code A' m A} of the 16 products are 2x2 outputs. That takes 4
 * multiply-adds for 9. What the numbers are is for the kinds to say.
 */
public abstract class WinogradConvolution implements Kernel, Workers.Task, StridedOutput {
  static final int ELEMENTS = MicroKernels.WINOGRAD_ELEMENTS;

  /** The element that all outputs of a tile have once, so that it is the one to have the bias. */
  static final int BIASED = 5;

  /** Elements of a chunk's tiles and of a panel's products: a quarter of a second-level cache. */
  private static final int CHUNK_ELEMENTS = 1 << 16;

  private static final int MAX_TILES = 1 << 9;

  /** Transformed weights, of 128 MiB. */
  private static final int MAX_WEIGHTS = 1 << 25;

  /** Chunks for each thread, so that all are busy to the end. */
  private static final int CHUNKS_PER_THREAD = 4;

  /** Multiply-adds that take as long as reading a weight, as measured where they are many. */
  private static final double WEIGHT_COST = 24;

  /** Multiply-adds that take as long as what else is to do for a tile. */
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

  private int stride;
  private int firstStripe;

  /**
   * A convolution.
   *
   * @param weights as of {@link #pack}
   * @param bias of the sums, one for each column
   */
  WinogradConvolution(Workers workers, WindowGeometry windows, PackedMatrix weights, float[] bias) {
    this.workers = workers;
    this.windows = windows;
    this.columns = weights.columns();
    this.panels = weights.panels();
    int channels = windows.channels();
    this.matrices = new PackedMatrix[ELEMENTS];
    float[] none = new float[columns];
    for (int i = 0; i < ELEMENTS; i++) {
      PackedMatrix rows = weights.rows(i * channels, channels);
      matrices[i] = rows.withBias(i == BIASED ? bias : none);
    }
    this.stride = columns;
    this.tileColumns = Math.ceilDiv(windows.outputWidth(), 2);
    this.tilesPerImage = Math.ceilDiv(windows.outputHeight(), 2) * tileColumns;
    this.tiles = ArraySize.product(windows.batch(), tilesPerImage);
    int width = weights.width(0);
    int most = Math.min(MAX_TILES, CHUNK_ELEMENTS / (ELEMENTS * (channels + width)));
    if (workers.count() > 1) {
      most = Math.min(most, Math.ceilDiv(tiles, CHUNKS_PER_THREAD * workers.count()));
    }
    int whole = workers.blockRows();
    this.tilesPerChunk = Math.min(tiles, Math.max(1, most / whole) * whole);
    this.chunks = Math.ceilDiv(tiles, tilesPerChunk);
    this.groups =
        workers.count() == 1 ? 1 : Math.clamp(Math.ceilDiv(2 * workers.count(), chunks), 1, panels);
    this.left = IndirectionBuffer.ofRows(tilesPerChunk, channels);
  }

  /**
   * Reserves scratch space for transformed tiles and for a panel's products, and behind them.
   *
   * @param inputs how many floats behind the tiles
   * @param sums how many behind the products
   */
  final void reserve(int inputs, int sums) {
    workers.reserve(
        ArraySize.sum(ArraySize.product(ELEMENTS * windows.channels(), tilesPerChunk), inputs),
        ArraySize.sum(ArraySize.product(ELEMENTS * matrices[0].width(0), tilesPerChunk), sums),
        0);
  }

  /**
   * Whether a convolution can be computed so, and takes less.
   *
   * @param transformCost multiply-adds that take as long as one channel of a tile before or behind
   *     the products
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

  /** What a convolution takes that multiplies patches, in multiply-adds. */
  private static double costOfIm2col(WindowGeometry windows, int columns) {
    return 9.0 * windows.channels() * columns * (windows.outputs() + WEIGHT_COST);
  }

  /** What it takes so; the products of few channels are somewhat slower. */
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
   * The 16 matrices of filters, one below the other, without bias.
   *
   * @param filters {@code [columns, 3, 3, channels]}
   * @param rows of {@code G}
   */
  static PackedMatrix pack(
      PackedMatrix.Elements filters, int columns, int channels, float[][] rows, int lanes) {
    float[] filter = new float[9 * channels];
    double[] sums = new double[channels];
    PackedMatrix.Elements transformed =
        (from, to, at, count) -> {
          // A cut of whole columns asks for one of them at a time.
          filters.copy(from / count * filter.length, filter, 0, filter.length);
          transform(filter, rows, sums, to, at);
        };
    return PackedMatrix.of(transformed, columns, cut(channels), new float[0], lanes);
  }

  public static PackedMatrix.Cut cut(int channels) {
    return PackedMatrix.Cut.whole(ELEMENTS * channels);
  }

  /**
   * Transforms a filter {@code [3, 3, channels]} to {@code [16, channels]}.
   *
   * @param rows of {@code G}
   * @param sums room for a number of each channel
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
    firstStripe = first;
  }

  /** How far apart the output's pixels are. */
  final int stride() {
    return stride;
  }

  /** Where a pixel of the output is, from the output's first one on. */
  final int place(int pixel) {
    return firstStripe + pixel * stride;
  }

  /** The most tiles that a chunk has. */
  final int chunkTiles() {
    return tilesPerChunk;
  }

  final int tileColumns() {
    return tileColumns;
  }

  /** How many of {@code count} tiles from one on are beside each other. */
  final int tilesBeside(int tile, int count) {
    return Math.min(count, tileColumns - tile % tileColumns);
  }

  /** Which picture a tile is of. */
  final int image(int tile) {
    return tile / tilesPerImage;
  }

  /** The first of the two rows of the output that a tile is of. */
  final int outputRow(int tile) {
    return tile % tilesPerImage / tileColumns * 2;
  }

  /** The first of the two columns of the output that a tile is of. */
  final int outputColumn(int tile) {
    return tile % tileColumns * 2;
  }

  /** Binds operands before the chunks run. */
  abstract void begin(Invocation invocation);

  /** Transforms some tiles to {@code [16, count, channels]} at the begin of the scratch input. */
  abstract void before(Scratch scratch, int first, int count);

  /**
   * Makes outputs of the {@code [16, count, width]} products at the begin of the scratch sums.
   *
   * @param column the first column, one of {@code columns}
   */
  abstract void behind(Scratch scratch, int first, int count, int width, int column, int columns);

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
    before(scratch, first, count);
    int last = (group + 1) * panels / groups;
    for (int panel = group * panels / groups; panel < last; panel++) {
      int column = matrices[0].firstColumn(panel);
      int width = matrices[0].width(panel);
      for (int i = 0; i < ELEMENTS; i++) {
        multiply(scratch, i, panel, count, i * count * width - column, width);
      }
      behind(scratch, first, count, width, column, Math.min(width, columns - column));
    }
  }

  private void multiply(Scratch scratch, int element, int panel, int count, int to, int width) {
    int base = element * count * windows.channels();
    scratch.gemm.base(base).rows(0, count).panels(panel, panel + 1).paddedOutput(to, width);
    scratch.math.multiply(
        scratch.input(), left, matrices[element], scratch.sums(), scratch.gemm, Clamp.NONE);
  }
}
