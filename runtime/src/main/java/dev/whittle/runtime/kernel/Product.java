package dev.whittle.runtime.kernel;

import dev.whittle.ir.kernel.Invocation;
import dev.whittle.ir.kernel.Kernel;
import dev.whittle.ir.kernel.Tensor;

/**
 * Convolutions and dense layers: the matrix of patches times a constant matrix, chunk by chunk.
 * What the elements of both are, and what becomes of the sums, is for the kinds to say.
 */
abstract class Product implements Kernel, Workers.Task, StridedOutput, Patches.Source {
  /**
   * Sums of a block that is finished at once; they stay in the first-level cache, as a panel of
   * weights does that many rows are multiplied by.
   */
  private static final int BLOCK_SUMS = 1 << 12;

  /** Multiply-adds of a chunk that are worth another thread. */
  private static final long MIN_WORK = 1 << 17;

  private final Workers workers;
  private final Patches patches;
  private final int groups;
  private final int panels;
  private final int depth;
  private final Piece piece;

  /** Which operand the pictures are. */
  private final int operand;

  private int stride;
  private int firstStripe;
  private final PackedMatrix matrix;
  private final PackedMatrix[] parts;

  /** Elements of each run that the first part multiplies. */
  private final int share;

  private final int columns;
  private final int blockRows;
  private final int blockPanels;

  /**
   * A product.
   *
   * @param piece of the layer
   * @param parts the matrix, in parts of which each has an equal share of every run, but the last
   */
  Product(Workers workers, Layer layer, Piece piece, Patches patches, PackedMatrix[] parts) {
    this.operand = layer.input();
    this.piece = piece;
    this.matrix = parts[0];
    this.parts = parts;
    this.workers = workers;
    this.patches = patches;
    this.columns = matrix.columns();
    this.stride = piece.outputColumns();
    this.share = parts[0].depth() / patches.taps();
    this.panels = matrix.panels();
    int sum = 0;
    for (PackedMatrix part : parts) {
      sum += part.depth();
    }
    this.depth = sum;
    this.groups = groups();
    int panelColumns = panels == 0 ? 1 : matrix.width(0);
    int wanted =
        Math.ceilDiv(
            Math.min(patches.rowsPerChunk(), BLOCK_SUMS / panelColumns), MicroKernels.TILE_ROWS);
    this.blockRows = Math.max(1, wanted) * MicroKernels.TILE_ROWS;
    this.blockPanels = Math.clamp(BLOCK_SUMS / (blockRows * panelColumns), 1, Math.max(1, panels));
  }

  /** Multiply-adds of a run. */
  private long work() {
    return (long) patches.rows() * depth * columns;
  }

  /** Panels are shared out where rows are too few for all threads. */
  private int groups() {
    int wanted = Math.ceilDiv(2 * workers.count(), Math.max(1, patches.chunks()));
    long worthwhile = Math.max(1, work() / MIN_WORK);
    return workers.count() == 1
        ? 1
        : (int) Math.max(1, Math.min(Math.min(wanted, worthwhile), panels));
  }

  /** Whether each row is a pixel of the input, and all of them are in their order. */
  final boolean isPointwise() {
    return piece.isWhole() && piece.windows().arePixels();
  }

  final int panels() {
    return panels;
  }

  /** Columns that a panel has room for. */
  final int panelWidth(int panel) {
    return matrix.width(panel);
  }

  final int firstColumn(int panel) {
    return matrix.firstColumn(panel);
  }

  @Override
  public final void writeTo(int wider, int first) {
    stride = wider;
    firstStripe = first;
  }

  /** How far apart the output's adjacent rows are. */
  final int stride() {
    return piece.pixelStep() * stride;
  }

  /** Where an element of the output is, from the output's first row on. */
  final int place(int row, int column) {
    return piece.pixel(row) * stride + firstStripe + piece.firstColumn() + column;
  }

  /** How many of {@code count} rows lie at equal distances. */
  final int adjacentRows(int row, int count) {
    return piece.adjacentRows(row, count);
  }

  final Tensor input(Invocation invocation) {
    return invocation.input(operand);
  }

  /**
   * Room for one block's sums in every thread's scratch space.
   *
   * @param integers whether they are added up there
   */
  final void reserveBlocks(boolean integers) {
    int size = blockRows * blockWidth();
    workers.reserve(patches.slabSize(), size, integers ? size : 0);
  }

  private int blockWidth() {
    return panels == 0 ? 0 : blockPanels * matrix.width(0);
  }

  final void reserveSlabs() {
    workers.reserve(patches.slabSize(), 0, 0);
  }

  final int parts() {
    return parts.length;
  }

  /** Binds operands before the chunks run. */
  abstract void begin(Invocation invocation);

  /** The array that direct patches lie in. */
  abstract float[] pictures();

  /** What is beyond the border. */
  float beyond() {
    return 0;
  }

  /**
   * Computes some rows and panels.
   *
   * @param first the first row as the offsets count them
   * @param row the first row as the output counts them
   */
  abstract void rows(
      Scratch scratch, float[] input, int first, int count, int row, int firstPanel, int lastPanel);

  @Override
  public final void run(Invocation invocation) {
    if (patches.rows() == 0 || columns == 0) {
      return;
    }
    begin(invocation);
    workers.run(this, patches.chunks() * groups, work() >= MIN_WORK);
  }

  @Override
  public final void run(int chunk, Scratch scratch) {
    int part = chunk / groups;
    int group = chunk % groups;
    int firstPanel = group * panels / groups;
    int lastPanel = (group + 1) * panels / groups;
    int row = patches.firstRow(part);
    int count = patches.rows(part);
    if (patches.isDirect()) {
      rows(scratch, pictures(), row, count, row, firstPanel, lastPanel);
    } else {
      patches.fill(part, this, beyond(), scratch.input(), scratch.math);
      rows(scratch, scratch.input(), 0, count, row, firstPanel, lastPanel);
    }
  }

  /**
   * Sums up whole numbers and finishes them, block by block: in the scratch space's sums where the
   * matrix is in one part, else in its integers. Parameters as of {@link #rows}.
   */
  final void blocks(
      Scratch scratch, float[] input, int first, int count, int row, int firstPanel, int end) {
    float all = Float.POSITIVE_INFINITY;
    float[] sums = scratch.sums();
    int width = blockWidth();
    for (int from = 0; from < count; from += blockRows) {
      int rows = Math.min(blockRows, count - from);
      for (int panel = firstPanel; panel < end; panel += blockPanels) {
        int last = Math.min(panel + blockPanels, end);
        int column = matrix.firstColumn(panel);
        for (int part = 0; part < parts.length; part++) {
          multiply(
              part,
              scratch,
              input,
              first + from,
              rows,
              panel,
              last,
              sums,
              -column,
              width,
              -all,
              all);
          if (parts.length > 1) {
            scratch.addSums(part == 0, rows * width);
          }
        }
        int columnsEnd = last == panels ? columns : matrix.firstColumn(last);
        for (int done = 0; done < rows; ) {
          int at = row + from + done;
          int alike = rowsAlike(at, piece.adjacentRows(at, rows - done));
          finish(scratch, done * width, width, at, alike, column, columnsEnd - column);
          done += alike;
        }
      }
    }
  }

  /** How many of {@code count} rows from {@code row} on are finished alike. */
  int rowsAlike(int row, int count) {
    return count;
  }

  /**
   * Makes outputs of sums.
   *
   * @param at where they begin in the scratch space
   * @param width how far apart rows of sums are
   * @param row the first row, one of {@code rows} that lie at equal distances in the output
   * @param column the first column
   */
  void finish(Scratch scratch, int at, int width, int row, int rows, int column, int columns) {
    throw new IllegalStateException("sums are outputs");
  }

  /** Computes {@code [rows, columns]} of floats from {@code at} on. */
  final void multiply(
      int part,
      Scratch scratch,
      float[] input,
      int first,
      int count,
      int firstPanel,
      int lastPanel,
      float[] output,
      int at,
      int stride,
      float min,
      float max) {
    scratch.math.multiply(
        input,
        piece.firstChannel() + part * share,
        patches.offsets(),
        first,
        count,
        patches.taps(),
        parts[part].depth() / patches.taps(),
        parts[part],
        firstPanel,
        lastPanel,
        output,
        at,
        stride,
        min,
        max);
  }

  /** Places offsets where patches are read in place and the tensor has moved. */
  final void place(FloatArray input, Tensor tensor) {
    if (input.bind(tensor) && patches.isDirect()) {
      patches.place(input.offset());
    }
  }
}
