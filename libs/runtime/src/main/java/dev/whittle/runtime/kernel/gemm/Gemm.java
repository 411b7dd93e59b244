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
 * A convolution or dense layer as a matrix product, chunk by chunk: the rows of an implicit im2col
 * times a constant matrix. Subclasses define the elements of both and the epilogue.
 */
public abstract class Gemm implements Kernel, Workers.Task, StridedOutput, Im2col.Source {
  /** The fewest multiply-adds that are worth another thread. */
  private static final long MIN_WORK = 1 << 17;

  private final Workers workers;
  private final Im2col im2col;
  private final int groups;
  private final int panels;
  private final int depth;
  private final SubConvolution subConvolution;

  /** Index of the operand with the input. */
  private final int operand;

  /** Columns of the output, or of the wider tensor that it is part of. */
  private int outputColumns;

  /** The output's first column in that tensor. */
  private int firstOutputColumn;

  private final PackedMatrix matrix;
  private final PackedMatrix[] parts;

  /** Elements of each tap that the first part multiplies. */
  private final int share;

  private final int columns;

  /**
   * Creates a product.
   *
   * @param subConvolution the part of the layer that it computes
   * @param parts the matrix in parts, each with as many elements of every tap as the first, but the
   *     last with the rest
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
    this.outputColumns = subConvolution.outputColumns();
    this.share = parts[0].depth() / im2col.taps();
    this.panels = matrix.panels();
    int sum = 0;
    for (PackedMatrix part : parts) {
      sum += part.depth();
    }
    this.depth = sum;
    this.groups = groups();
  }

  /** Returns the multiply-adds of a run. */
  private long work() {
    return (long) im2col.rows() * depth * columns;
  }

  /**
   * Returns the groups of panels for threads, where there are fewer chunks of rows than threads.
   */
  private int groups() {
    int wanted = Math.ceilDiv(2 * workers.count(), Math.max(1, im2col.chunks()));
    long worthwhile = Math.max(1, work() / MIN_WORK);
    return workers.count() == 1
        ? 1
        : (int) Math.max(1, Math.min(Math.min(wanted, worthwhile), panels));
  }

  /** Returns whether the rows are the pixels of the input, in their order. */
  public final boolean isPointwise() {
    return subConvolution.isWhole() && subConvolution.windows().arePixels();
  }

  public final int panels() {
    return panels;
  }

  /** Returns the columns of a panel, including its padding. */
  public final int panelWidth(int panel) {
    return matrix.width(panel);
  }

  public final int firstColumn(int panel) {
    return matrix.firstColumn(panel);
  }

  @Override
  public final void writeTo(int wider, int first) {
    outputColumns = wider;
    firstOutputColumn = first;
  }

  /** Returns the elements from one row of the output to the next. */
  final int stride() {
    return subConvolution.pixelStep() * outputColumns;
  }

  /** Returns the index of an element of the output, relative to its first row. */
  final int outputIndex(int row, int column) {
    int first = firstOutputColumn + subConvolution.firstColumn();
    return subConvolution.pixel(row) * outputColumns + first + column;
  }

  /** Returns how many of {@code count} rows are {@link #stride} elements apart in the output. */
  final int adjacentRows(int row, int count) {
    return subConvolution.adjacentRows(row, count);
  }

  final Tensor input(Invocation invocation) {
    return invocation.input(operand);
  }

  /** Reserves tile buffers and accumulators in every thread's scratch space. */
  final void reserve(int sums, int integers) {
    workers.reserve(ArraySize.product(halves(), im2col.bufferSize()), sums, integers);
  }

  /** Returns the rows of the largest chunk. */
  final int chunkRows() {
    return Math.min(im2col.rowsPerChunk(), im2col.rows());
  }

  /** Returns the column after a panel's last. */
  final int endColumn(int panel) {
    return Math.min(columns, matrix.firstColumn(panel) + matrix.width(panel));
  }

  final int parts() {
    return parts.length;
  }

  /** Binds operands before the chunks run. */
  abstract void begin(Invocation invocation);

  /** Returns the array of the input, if it is read in place. */
  float[] images() {
    throw new IllegalStateException("the input of this kernel is copied to tile buffers");
  }

  /** Returns the value of padding. */
  float paddingValue() {
    return 0;
  }

  /** Returns the integers that each input is split into; each half has a tile buffer of its own. */
  int halves() {
    return 1;
  }

  /** Returns the source of a half's tile buffer. */
  Im2col.Source source(int half) {
    return this;
  }

  /**
   * Computes some rows and panels.
   *
   * @param first the first row, as the indirection buffer counts them
   * @param row the first row, as the output counts them
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

  /** Binds an input that is read in place where that is possible. */
  final void bind(FloatArray input, Tensor tensor) {
    if (input.bind(tensor) && im2col.isDirect()) {
      im2col.moveTo(input.offset());
    }
  }
}
