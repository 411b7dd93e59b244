package dev.whittle.runtime.kernel.gemm;

import dev.whittle.ir.kernel.Invocation;
import dev.whittle.ir.kernel.Kernel;
import dev.whittle.ir.tensor.Tensor;
import dev.whittle.runtime.kernel.execution.FloatArray;
import dev.whittle.runtime.kernel.execution.Scratch;
import dev.whittle.runtime.kernel.execution.StridedOutput;
import dev.whittle.runtime.kernel.execution.Workers;
import dev.whittle.runtime.kernel.geometry.ArraySize;
import dev.whittle.runtime.kernel.simd.Clamp;
import dev.whittle.runtime.kernel.simd.PackedMatrix;

/**
 * Convolutions and dense layers: the matrix of patches times a constant matrix, chunk by chunk.
 * What the elements of both are, and what becomes of the sums, is for the kinds to say.
 */
public abstract class Gemm implements Kernel, Workers.Task, StridedOutput, Im2col.Source {
  /** Multiply-adds of a chunk that are worth another thread. */
  private static final long MIN_WORK = 1 << 17;

  private final Workers workers;
  private final Im2col im2col;
  private final int groups;
  private final int panels;
  private final int depth;
  private final SubConvolution subConvolution;

  /** Which operand the pictures are. */
  private final int operand;

  private int stride;
  private int firstStripe;
  private final PackedMatrix matrix;
  private final PackedMatrix[] parts;

  /** Elements of each run that the first part multiplies. */
  private final int share;

  private final int columns;

  /**
   * A product.
   *
   * @param subConvolution of the layer
   * @param parts the matrix, in parts of which each has an equal share of every run, but the last
   */
  Gemm(
      Workers workers,
      WeightedLayer layer,
      SubConvolution subConvolution,
      Im2col im2col,
      PackedMatrix[] parts) {
    this.operand = layer.input();
    this.subConvolution = subConvolution;
    this.matrix = parts[0];
    this.parts = parts;
    this.workers = workers;
    this.im2col = im2col;
    this.columns = matrix.columns();
    this.stride = subConvolution.outputColumns();
    this.share = parts[0].depth() / im2col.taps();
    this.panels = matrix.panels();
    int sum = 0;
    for (PackedMatrix part : parts) {
      sum += part.depth();
    }
    this.depth = sum;
    this.groups = groups();
  }

  /** Multiply-adds of a run. */
  private long work() {
    return (long) im2col.rows() * depth * columns;
  }

  /** Panels are shared out where rows are too few for all threads. */
  private int groups() {
    int wanted = Math.ceilDiv(2 * workers.count(), Math.max(1, im2col.chunks()));
    long worthwhile = Math.max(1, work() / MIN_WORK);
    return workers.count() == 1
        ? 1
        : (int) Math.max(1, Math.min(Math.min(wanted, worthwhile), panels));
  }

  /** Whether each row is a pixel of the input, and all of them are in their order. */
  public final boolean isPointwise() {
    return subConvolution.isWhole() && subConvolution.windows().arePixels();
  }

  public final int panels() {
    return panels;
  }

  /** Columns that a panel has room for. */
  public final int panelWidth(int panel) {
    return matrix.width(panel);
  }

  public final int firstColumn(int panel) {
    return matrix.firstColumn(panel);
  }

  @Override
  public final void writeTo(int wider, int first) {
    stride = wider;
    firstStripe = first;
  }

  /** How far apart the output's adjacent rows are. */
  final int stride() {
    return subConvolution.pixelStep() * stride;
  }

  /** Where an element of the output is, from the output's first row on. */
  final int place(int row, int column) {
    return subConvolution.pixel(row) * stride + firstStripe + subConvolution.firstColumn() + column;
  }

  /** How many of {@code count} rows lie at equal distances. */
  final int adjacentRows(int row, int count) {
    return subConvolution.adjacentRows(row, count);
  }

  final Tensor input(Invocation invocation) {
    return invocation.input(operand);
  }

  /** Room for a slab, and for sums, in every thread's scratch space. */
  final void reserve(int sums, int integers) {
    workers.reserve(ArraySize.product(halves(), im2col.bufferSize()), sums, integers);
  }

  /** The most rows that a chunk has. */
  final int chunkRows() {
    return Math.min(im2col.rowsPerChunk(), im2col.rows());
  }

  /** The column behind the last of a panel. */
  final int endColumn(int panel) {
    return Math.min(columns, matrix.firstColumn(panel) + matrix.width(panel));
  }

  final int parts() {
    return parts.length;
  }

  /** Binds operands before the chunks run. */
  abstract void begin(Invocation invocation);

  /** The array that direct patches lie in. */
  float[] images() {
    throw new IllegalStateException("patches are copied to slabs");
  }

  /** Returns the value of padding. */
  float paddingValue() {
    return 0;
  }

  /** How many numbers an element of the input is made, each in a slab of its own. */
  int halves() {
    return 1;
  }

  Im2col.Source source(int half) {
    return this;
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
    if (im2col.rows() == 0 || columns == 0) {
      return;
    }
    begin(invocation);
    workers.run(this, im2col.chunks() * groups, work() >= MIN_WORK);
  }

  @Override
  public final void run(int chunk, Scratch scratch) {
    int part = chunk / groups;
    int group = chunk % groups;
    int firstPanel = group * panels / groups;
    int lastPanel = (group + 1) * panels / groups;
    int row = im2col.firstRow(part);
    int count = im2col.rows(part);
    if (im2col.isDirect()) {
      rows(scratch, images(), row, count, row, firstPanel, lastPanel);
    } else {
      for (int half = 0; half < halves(); half++) {
        Im2col.Source source = source(half);
        int at = half * im2col.bufferSize();
        im2col.fill(part, source, paddingValue(), scratch.input(), at, scratch.math);
      }
      rows(scratch, scratch.input(), 0, count, row, firstPanel, lastPanel);
    }
  }

  /**
   * Computes the block {@link Scratch#gemm}, whose rows, panels and output the caller has set.
   *
   * @param half index of the tile buffer that is read
   * @param part index of the part of the matrix
   */
  final void multiply(
      Scratch scratch, int half, int part, float[] input, float[] output, Clamp clamp) {
    int base = half * im2col.bufferSize() + subConvolution.firstChannel() + part * share;
    scratch.gemm.base(base);
    scratch.math.multiply(input, im2col.indirection(), parts[part], output, scratch.gemm, clamp);
  }

  /** Places offsets where patches are read in place and the tensor has moved. */
  final void place(FloatArray input, Tensor tensor) {
    if (input.bind(tensor) && im2col.isDirect()) {
      im2col.place(input.offset());
    }
  }
}
