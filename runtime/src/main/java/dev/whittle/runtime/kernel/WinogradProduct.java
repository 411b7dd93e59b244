package dev.whittle.runtime.kernel;

import dev.whittle.ir.kernel.Invocation;
import dev.whittle.ir.kernel.Kernel;

/**
 * A convolution of floats with a 3x3 filter of stride 1 by Winograd's F(2x2, 3x3): Lavin and Gray,
 * "Fast Algorithms for Convolutional Neural Networks", 2015. Tiles {@code d} of 4x4 pixels become
 * {@code B' d B}, of which each of the 16 elements is multiplied by a matrix of its own, {@code G g
 * G'} of the filters {@code g}; {@code A' m A} of the 16 products are 2x2 outputs. That takes 4
 * multiply-adds for 9, and as the only factors are 1/2 and 1/4, sums differ from others in their
 * last bits only.
 */
final class WinogradProduct implements Kernel, Workers.Task, StridedOutput {
  /** Elements of a transformed tile, which is as many matrices as there are. */
  private static final int ELEMENTS = 16;

  /** The element that all outputs of a tile have once, so that it is the one to have the bias. */
  private static final int BIASED = 5;

  /** Rows of {@code G}. */
  private static final float[][] FILTER = {{1, 0, 0}, {.5f, .5f, .5f}, {.5f, -.5f, .5f}, {0, 0, 1}};

  /** Elements of a chunk's tiles and of a panel's products: a quarter of a second-level cache. */
  private static final int CHUNK_ELEMENTS = 1 << 16;

  private static final int MAX_TILES = 1 << 9;

  /** Transformed weights, of 128 MiB. */
  private static final int MAX_WEIGHTS = 1 << 25;

  /** Chunks for each thread, so that all are busy to the end. */
  private static final int CHUNKS_PER_THREAD = 4;

  /** Multiply-adds that take as long as reading a weight, as measured where they are many. */
  private static final double WEIGHT_COST = 24;

  /** Multiply-adds that take as long as one channel of a tile before or behind the products. */
  private static final double TRANSFORM_COST = 130;

  /** Multiply-adds that take as long as what else is to do for a tile. */
  private static final double TILE_COST = 1200;

  private final Workers workers;
  private final Windows windows;
  private final PackedMatrix[] matrices;
  private final float min;
  private final float max;
  private final int panels;
  private final int columns;
  private final int tileColumns;
  private final int tilesPerPicture;
  private final int tiles;
  private final int tilesPerChunk;
  private final int chunks;
  private final int groups;
  private final int[] offsets;
  private final FloatArray input = new FloatArray();
  private final FloatArray output = new FloatArray();
  private int stride;
  private int firstStripe;

  /**
   * A convolution.
   *
   * @param weights as of {@link #pack}
   */
  WinogradProduct(Workers workers, Windows windows, PackedMatrix weights, float min, float max) {
    this.workers = workers;
    this.windows = windows;
    this.min = min;
    this.max = max;
    this.columns = weights.columns();
    this.panels = weights.panels();
    int channels = windows.channels();
    this.matrices = new PackedMatrix[ELEMENTS];
    float[] none = new float[columns];
    for (int i = 0; i < ELEMENTS; i++) {
      PackedMatrix rows = weights.rows(i * channels, channels);
      matrices[i] = i == BIASED ? rows : rows.withBias(none);
    }
    this.stride = columns;
    this.tileColumns = Math.ceilDiv(windows.outputWidth(), 2);
    this.tilesPerPicture = Math.ceilDiv(windows.outputHeight(), 2) * tileColumns;
    this.tiles = Math.multiplyExact(windows.batch(), tilesPerPicture);
    int width = weights.width(0);
    int most = Math.min(MAX_TILES, CHUNK_ELEMENTS / (ELEMENTS * (channels + width)));
    if (workers.count() > 1) {
      most = Math.min(most, Math.ceilDiv(tiles, CHUNKS_PER_THREAD * workers.count()));
    }
    int whole = MicroKernels.TILE_ROWS;
    this.tilesPerChunk = Math.min(tiles, Math.max(1, most / whole) * whole);
    this.chunks = Math.ceilDiv(tiles, tilesPerChunk);
    this.groups =
        workers.count() == 1 ? 1 : Math.clamp(Math.ceilDiv(2 * workers.count(), chunks), 1, panels);
    this.offsets = new int[tilesPerChunk];
    for (int i = 0; i < tilesPerChunk; i++) {
      offsets[i] = i * channels;
    }
    workers.reserve(
        Math.multiplyExact(ELEMENTS * channels, tilesPerChunk),
        Math.multiplyExact(ELEMENTS * width, tilesPerChunk),
        0);
  }

  /** Whether a convolution can be computed so, and takes less. */
  static boolean isFaster(Windows windows, int columns) {
    boolean possible =
        windows.filterHeight() == 3
            && windows.filterWidth() == 3
            && windows.strideHeight() == 1
            && windows.strideWidth() == 1
            && windows.dilationHeight() == 1
            && windows.dilationWidth() == 1
            && windows.channels() <= ArrayMemory.ZEROS
            && (long) ELEMENTS * windows.channels() * columns <= MAX_WEIGHTS;
    return possible && cost(windows, columns) < costOfPatches(windows, columns);
  }

  /** What a convolution takes that multiplies patches, in multiply-adds. */
  private static double costOfPatches(Windows windows, int columns) {
    return 9.0 * windows.channels() * columns * (windows.outputs() + WEIGHT_COST);
  }

  /** What it takes so; the products of few channels are somewhat slower. */
  private static double cost(Windows windows, int columns) {
    double weights = (double) ELEMENTS * windows.channels() * columns;
    double tiles =
        (double) windows.batch()
            * Math.ceilDiv(windows.outputHeight(), 2)
            * Math.ceilDiv(windows.outputWidth(), 2);
    double transforms = TRANSFORM_COST * (windows.channels() + columns) + TILE_COST;
    return weights * (1.1 * tiles + WEIGHT_COST) + tiles * transforms;
  }

  /**
   * The 16 matrices of filters, one below the other.
   *
   * @param filters {@code [columns, 3, 3, channels]}
   */
  static PackedMatrix pack(
      PackedMatrix.Elements filters, int columns, int channels, float[] bias, int lanes) {
    float[] filter = new float[9 * channels];
    PackedMatrix.Elements transformed =
        (from, to, at, count) -> {
          // A cut of whole columns asks for one of them at a time.
          filters.copy(from / count * filter.length, filter, 0, filter.length);
          for (int i = 0; i < ELEMENTS; i++) {
            transform(filter, channels, FILTER[i / 4], FILTER[i % 4], to, at + i * channels);
          }
        };
    return PackedMatrix.of(transformed, columns, cut(channels), bias, lanes);
  }

  static PackedMatrix.Cut cut(int channels) {
    return PackedMatrix.Cut.whole(ELEMENTS * channels);
  }

  private static void transform(
      float[] filter, int channels, float[] vertical, float[] horizontal, float[] to, int at) {
    for (int c = 0; c < channels; c++) {
      double sum = 0;
      for (int y = 0; y < 3; y++) {
        for (int x = 0; x < 3; x++) {
          sum += (double) vertical[y] * horizontal[x] * filter[(3 * y + x) * channels + c];
        }
      }
      to[at + c] = (float) sum;
    }
  }

  @Override
  public void writeTo(int wider, int first) {
    stride = wider;
    firstStripe = first;
  }

  @Override
  public void run(Invocation invocation) {
    input.bind(invocation.input(0));
    output.bindOutput(invocation.output(0));
    workers.run(this, chunks * groups);
  }

  @Override
  public void run(int chunk, Scratch scratch) {
    int first = chunk / groups * tilesPerChunk;
    int count = Math.min(tilesPerChunk, tiles - first);
    int group = chunk % groups;
    int channels = windows.channels();
    int[] places = scratch.rows(ELEMENTS * count);
    int[] results = scratch.steps(4 * count);
    findInputs(first, count, places);
    findOutputs(first, count, results);
    float[] tile = scratch.input();
    float[] sums = scratch.sums();
    int step = count * channels;
    scratch.math.winogradInputs(input.array(), places, count, channels, tile, step);
    int last = (group + 1) * panels / groups;
    for (int panel = group * panels / groups; panel < last; panel++) {
      int column = matrices[0].firstColumn(panel);
      int width = matrices[0].width(panel);
      for (int i = 0; i < ELEMENTS; i++) {
        multiply(scratch, i, panel, count, tile, i * step, sums, i * count * width - column, width);
      }
      int valid = Math.min(width, columns - column);
      scratch.math.winogradOutputs(
          sums, count, width, valid, output.array(), results, column, min, max);
    }
  }

  private void multiply(
      Scratch scratch,
      int element,
      int panel,
      int count,
      float[] tile,
      int at,
      float[] sums,
      int to,
      int width) {
    float none = Float.POSITIVE_INFINITY;
    scratch.math.multiply(
        tile,
        at,
        offsets,
        0,
        count,
        1,
        windows.channels(),
        matrices[element],
        panel,
        panel + 1,
        sums,
        to,
        width,
        -none,
        none);
  }

  /** Finds the pixels that some tiles read. */
  private void findInputs(int first, int count, int[] places) {
    int channels = windows.channels();
    int at = 0;
    for (int tile = first; tile < first + count; ) {
      int picture = tile / tilesPerPicture;
      int y = tile % tilesPerPicture / tileColumns * 2 - windows.top();
      int column = tile % tileColumns;
      int end = Math.min(tileColumns, column + first + count - tile);
      tile += end - column;
      for (; column < end; column++) {
        int x = column * 2 - windows.left();
        for (int row = y; row < y + 4; row++) {
          boolean inside = row >= 0 && row < windows.height();
          int line = (picture * windows.height() + row) * windows.width();
          int place = input.offset() + (line + x) * channels;
          for (int i = 0; i < 4; i++) {
            boolean within = inside && x + i >= 0 && x + i < windows.width();
            // Before the pictures there are zeros.
            places[at++] = within ? place + i * channels : 0;
          }
        }
      }
    }
  }

  /** Finds the pixels that some tiles write: -1 for what is beyond the output. */
  private void findOutputs(int first, int count, int[] places) {
    int width = windows.outputWidth();
    for (int i = 0; i < count; i++) {
      int tile = first + i;
      int picture = tile / tilesPerPicture;
      int y = tile % tilesPerPicture / tileColumns * 2;
      int x = tile % tileColumns * 2;
      int pixel = (picture * windows.outputHeight() + y) * width + x;
      int place = output.offset() + firstStripe + pixel * stride;
      boolean below = y + 1 < windows.outputHeight();
      boolean beside = x + 1 < width;
      places[4 * i] = place;
      places[4 * i + 1] = beside ? place + stride : -1;
      places[4 * i + 2] = below ? place + width * stride : -1;
      places[4 * i + 3] = below && beside ? place + (width + 1) * stride : -1;
    }
  }
}
