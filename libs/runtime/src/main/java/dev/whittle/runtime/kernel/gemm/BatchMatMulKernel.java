package dev.whittle.runtime.kernel.gemm;

import dev.whittle.ir.kernel.Invocation;
import dev.whittle.ir.kernel.Kernel;
import dev.whittle.ir.op.Requantization;
import dev.whittle.ir.tensor.Shape;
import dev.whittle.runtime.kernel.execution.ByteArray;
import dev.whittle.runtime.kernel.execution.FloatArray;
import dev.whittle.runtime.kernel.execution.Scratch;
import dev.whittle.runtime.kernel.execution.Workers;
import dev.whittle.runtime.kernel.geometry.ArraySize;
import dev.whittle.runtime.kernel.simd.AccumulatorBlock;
import dev.whittle.runtime.kernel.simd.Clamp;
import dev.whittle.runtime.kernel.simd.Dequantization;
import dev.whittle.runtime.kernel.simd.IndirectionBuffer;
import dev.whittle.runtime.kernel.simd.PackedMatrix;
import dev.whittle.runtime.kernel.simd.PackedRequantization;
import java.util.Arrays;
import org.jspecify.annotations.Nullable;

/**
 * A batch of matrix products whose operands may both be computed. A run packs the right matrices,
 * unless they are constant and packed already, and then multiplies the rows of the left ones, block
 * by block.
 */
public abstract class BatchMatMulKernel implements Kernel, Workers.Task {
  /** Rows of a block: a multiple of the rows of the tiles of all micro-kernels. */
  private static final int BLOCK = 48;

  /** The fewest multiply-adds that are worth another thread. */
  private static final long MIN_WORK = 1 << 17;

  /** The matrices of the operands, and the pairs that are multiplied. */
  public static final class Layout {
    final int rows;
    final int columns;
    public final int depth;
    public final boolean leftTransposed;
    final boolean rightTransposed;

    /** For each product the index of its left matrix. */
    private final int[] lefts;

    /** For each product the index of its right matrix. */
    private final int[] rights;

    private final int rightCount;

    /** Creates the layout of products of the last two axes, broadcast over those before. */
    public Layout(Shape a, Shape b, Shape out, boolean leftTransposed, boolean rightTransposed) {
      this.leftTransposed = leftTransposed;
      this.rightTransposed = rightTransposed;
      rows = out.dim(out.rank() - 2);
      columns = out.dim(out.rank() - 1);
      depth = a.dim(a.rank() - (leftTransposed ? 2 : 1));
      int[] batch = Arrays.copyOf(out.toArray(), out.rank() - 2);
      lefts = matrices(batch, a);
      rights = matrices(batch, b);
      rightCount = Arrays.stream(rights).max().orElse(-1) + 1;
    }

    /** Creates the layout of one product of {@code [rows, depth]} and {@code [columns, depth]}. */
    public Layout(int rows, int columns, int depth) {
      this.rows = rows;
      this.columns = columns;
      this.depth = depth;
      leftTransposed = false;
      rightTransposed = true;
      lefts = new int[1];
      rights = new int[1];
      rightCount = 1;
    }

    /** Returns for each index of the batch the index of the operand's matrix. */
    private static int[] matrices(int[] batch, Shape operand) {
      int count = 1;
      for (int dimension : batch) {
        count = ArraySize.product(count, dimension);
      }
      int[] matrices = new int[count];
      for (int n = 0; n < count; n++) {
        int rest = n;
        int stride = 1;
        for (int i = batch.length - 1; i >= 0; i--) {
          int axis = operand.rank() - 2 - (batch.length - i);
          int dimension = axis < 0 ? 1 : operand.dim(axis);
          matrices[n] += dimension == 1 ? 0 : rest % batch[i] * stride;
          stride *= dimension;
          rest /= batch[i];
        }
      }
      return matrices;
    }

    int batches() {
      return lefts.length;
    }

    private long work() {
      return (long) batches() * rows * columns * depth;
    }
  }

  final Workers workers;
  final Layout layout;

  /** The right matrices, each in parts along the summed dimension. */
  private final PackedMatrix[][] matrices;

  /** The rows of a block in scratch space. */
  private final IndirectionBuffer left;

  /** The depth of a part. */
  private final int share;

  private final int panels;
  private final int blocks;
  private final boolean constant;
  private boolean packed;
  private boolean packing;

  /**
   * Creates the products.
   *
   * @param constant whether the right matrices are the same in each run
   * @param share maximum depth of a part, for exact sums
   */
  BatchMatMulKernel(Workers workers, Layout layout, boolean constant, int share) {
    this.workers = workers;
    this.constant = constant;
    this.layout = layout;
    this.share = Math.min(share, Math.max(1, layout.depth));
    int parts = Math.max(1, Math.ceilDiv(layout.depth, this.share));
    this.matrices = new PackedMatrix[layout.rightCount][parts];
    for (int part = 0; part < parts; part++) {
      int depth = Math.min(this.share, layout.depth - part * this.share);
      for (PackedMatrix[] matrix : matrices) {
        matrix[part] = PackedMatrix.allocate(layout.columns, depth, workers.lanes());
      }
    }
    this.left = IndirectionBuffer.ofRows(BLOCK, layout.depth);
    this.panels = layout.rightCount == 0 ? 0 : matrices[0][0].panels();
    this.blocks = Math.ceilDiv(layout.rows, BLOCK);
  }

  /** Reserves scratch space for a block's left rows and, if needed, its accumulators. */
  final void reserve(boolean sums) {
    int width = layout.rightCount == 0 ? 0 : matrices[0][0].bias().length;
    int results = sums ? ArraySize.product(BLOCK, width) : 0;
    workers.reserve(
        ArraySize.product(Math.min(BLOCK, layout.rows), layout.depth), results, results);
  }

  /** Returns the elements from one row of accumulators to the next. */
  final int width() {
    return matrices[0][0].bias().length;
  }

  /** Binds operands before anything is packed. */
  abstract void begin(Invocation invocation);

  /**
   * Packs a panel of a part of a right matrix.
   *
   * @param at index in the operand of the part's first element
   * @param step distance of elements along the summed dimension
   * @param columnStep distance of columns
   */
  abstract void pack(PackedMatrix matrix, int panel, int at, int step, int columnStep, int part);

  /**
   * Copies rows of a left matrix as floats, which become adjacent.
   *
   * @param at index in the operand of the first row's first element
   * @param step distance of a row's elements
   * @param rowStep distance of rows
   */
  abstract void copy(Scratch scratch, int at, int count, int step, int rowStep);

  /**
   * Computes rows of the output.
   *
   * @param right the right matrix's parts
   * @param row the first row, counted over all products
   */
  abstract void multiply(Scratch scratch, PackedMatrix[] right, int row, int count);

  @Override
  public final void run(Invocation invocation) {
    begin(invocation);
    if (layout.work() == 0) {
      return;
    }
    boolean shared = layout.work() >= MIN_WORK;
    if (!packed) {
      packing = true;
      workers.run(this, layout.rightCount * panels, shared);
      packing = false;
      packed = constant;
    }
    workers.run(this, layout.batches() * blocks, shared);
  }

  @Override
  public final void run(int chunk, Scratch scratch) {
    if (packing) {
      int at = chunk / panels * layout.depth * layout.columns;
      int step = layout.rightTransposed ? 1 : layout.columns;
      int columnStep = layout.rightTransposed ? layout.depth : 1;
      PackedMatrix[] matrix = matrices[chunk / panels];
      for (int part = 0; part < matrix.length; part++) {
        pack(matrix[part], chunk % panels, at + part * share * step, step, columnStep, part);
      }
      return;
    }
    int batch = chunk / blocks;
    int first = chunk % blocks * BLOCK;
    int count = Math.min(BLOCK, layout.rows - first);
    int left = layout.lefts[batch] * layout.rows * layout.depth;
    int rowStep = layout.leftTransposed ? 1 : layout.depth;
    int step = layout.leftTransposed ? layout.rows : 1;
    copy(scratch, left + first * rowStep, count, step, rowStep);
    multiply(scratch, matrices[layout.rights[batch]], batch * layout.rows + first, count);
  }

  /**
   * Multiplies the rows in scratch space by a part of a right matrix.
   *
   * @param output the array of {@link Scratch#gemm}, whose output the caller has set
   */
  final void multiply(
      Scratch scratch, PackedMatrix[] right, int part, int count, float[] output, Clamp clamp) {
    scratch.gemm.base(part * share).rows(0, count).panels(0, panels);
    scratch.math.multiply(scratch.input(), left, right[part], output, scratch.gemm, clamp);
  }

  /**
   * Computes accumulators of integers: as scratch floats if there is one part, else as scratch
   * integers.
   */
  final void sum(Scratch scratch, PackedMatrix[] right, int count) {
    scratch.gemm.paddedOutput(0, width());
    for (int part = 0; part < right.length; part++) {
      multiply(scratch, right, part, count, scratch.sums(), Clamp.NONE);
      if (right.length > 1) {
        scratch.addSums(part == 0, count * width());
      }
    }
  }

  /** A batch of products of floats. */
  public static final class OfFloats extends BatchMatMulKernel {
    private final FloatArray left = new FloatArray();
    private final FloatArray right = new FloatArray();
    private final @Nullable FloatArray bias;
    private final FloatArray output = new FloatArray();
    private final Clamp clamp;

    /** Creates clamped products, plus operand 2 if {@code biased}. */
    public OfFloats(Workers workers, Layout layout, boolean constant, boolean biased, Clamp clamp) {
      super(workers, layout, constant, Integer.MAX_VALUE);
      this.bias = biased ? new FloatArray() : null;
      this.clamp = clamp;
      reserve(false);
    }

    @Override
    void begin(Invocation invocation) {
      left.bind(invocation.input(0));
      right.bind(invocation.input(1));
      if (bias != null) {
        bias.bind(invocation.input(2));
      }
      output.bindOutput(invocation.output(0));
    }

    @Override
    void pack(PackedMatrix matrix, int panel, int at, int step, int columnStep, int part) {
      matrix.pack(panel, right.array(), right.offset() + at, step, columnStep);
      if (bias != null) {
        int first = matrix.firstColumn(panel);
        int count = Math.min(matrix.width(panel), matrix.columns() - first);
        System.arraycopy(bias.array(), bias.offset() + first, matrix.bias(), first, count);
      }
    }

    @Override
    void copy(Scratch scratch, int at, int count, int step, int rowStep) {
      float[] rows = scratch.input();
      int depth = layout.depth;
      for (int row = 0; row < count; row++) {
        int from = left.offset() + at + row * rowStep;
        if (step == 1) {
          System.arraycopy(left.array(), from, rows, row * depth, depth);
        } else {
          for (int k = 0; k < depth; k++) {
            rows[row * depth + k] = left.array()[from + k * step];
          }
        }
      }
    }

    @Override
    void multiply(Scratch scratch, PackedMatrix[] right, int row, int count) {
      int columns = layout.columns;
      int at = output.offset() + row * columns;
      scratch.gemm.output(at, columns);
      multiply(scratch, right, 0, count, output.array(), clamp);
    }
  }

  /** A batch of products of 8-bit integers, bit-exact with the reference kernel. */
  public static final class OfBytes extends BatchMatMulKernel {
    /**
     * The maximum depth of exact sums. Left elements are below 129 in magnitude, right ones below
     * 256 relative to their zero point; the contribution of the left zero point, which is the bias,
     * may be as large as the sum itself.
     */
    private static final int EXACT_DEPTH = ((1 << 24) - 1) / (2 * 128 * 255);

    private final ByteArray left = new ByteArray();
    private final ByteArray right = new ByteArray();
    private final ByteArray output = new ByteArray();
    private final PackedRequantization requantization;
    private final int leftZero;
    private final int rightZero;

    public OfBytes(
        Workers workers,
        Layout layout,
        boolean constant,
        Requantization requantization,
        int leftZero,
        int rightZero) {
      super(workers, layout, constant, EXACT_DEPTH);
      this.requantization =
          new PackedRequantization(requantization, 0, new int[layout.columns], layout.columns);
      this.leftZero = leftZero;
      this.rightZero = rightZero;
      reserve(true);
    }

    @Override
    void begin(Invocation invocation) {
      left.bind(invocation.input(0));
      right.bind(invocation.input(1));
      output.bindOutput(invocation.output(0));
    }

    @Override
    void pack(PackedMatrix matrix, int panel, int at, int step, int columnStep, int part) {
      matrix.pack(panel, right.array(), right.offset() + at, step, columnStep, rightZero, leftZero);
    }

    @Override
    void copy(Scratch scratch, int at, int count, int step, int rowStep) {
      float[] rows = scratch.input();
      int depth = layout.depth;
      for (int row = 0; row < count; row++) {
        int from = left.offset() + at + row * rowStep;
        if (step == 1) {
          scratch.math.widen(left.array(), from, false, rows, row * depth, depth);
        } else {
          for (int k = 0; k < depth; k++) {
            rows[row * depth + k] = left.array()[from + k * step];
          }
        }
      }
    }

    @Override
    void multiply(Scratch scratch, PackedMatrix[] right, int row, int count) {
      sum(scratch, right, count);
      int columns = layout.columns;
      AccumulatorBlock block = scratch.accumulators;
      block.accumulators(0, width()).rows(row, count).columns(0, columns);
      block.output(row * columns, columns);
      byte[] bytes = output.array();
      if (right.length == 1) {
        scratch.math.requantize(scratch.sums(), block, requantization, bytes, output.offset());
      } else {
        requantization.apply(scratch.integers(), block, bytes, output.offset());
      }
    }
  }

  /** A batch of products of floats, whose rows are quantized dynamically, and 8-bit integers. */
  public static final class OfHybrid extends BatchMatMulKernel {
    /** The maximum depth of exact sums: elements are below 256 and 129 in magnitude. */
    private static final int EXACT_DEPTH = ((1 << 24) - 1) / (255 * 128);

    private final ByteArray right = new ByteArray();
    private final FloatArray output = new FloatArray();
    private final DynamicallyQuantizedRows quantized;
    private final Dequantization dequantization;

    /** Creates products with right matrices of one scale. */
    public OfHybrid(
        Workers workers,
        Layout layout,
        boolean constant,
        DynamicallyQuantizedRows quantized,
        float scale) {
      super(workers, layout, constant, EXACT_DEPTH);
      this.quantized = quantized;
      float[] scales = new float[layout.columns];
      Arrays.fill(scales, scale);
      this.dequantization = new Dequantization(scales, new float[layout.columns], Clamp.NONE);
      reserve(true);
    }

    @Override
    void begin(Invocation invocation) {
      right.bind(invocation.input(1));
      output.bindOutput(invocation.output(0));
      quantized.begin(invocation.input(0));
    }

    @Override
    void pack(PackedMatrix matrix, int panel, int at, int step, int columnStep, int part) {
      matrix.pack(panel, right.array(), right.offset() + at, step, columnStep, 0, 0);
    }

    @Override
    void copy(Scratch scratch, int at, int count, int step, int rowStep) {
      int elements = count * layout.depth;
      quantized.copy(at, scratch.input(), 0, elements, scratch.math);
    }

    @Override
    void multiply(Scratch scratch, PackedMatrix[] right, int row, int count) {
      sum(scratch, right, count);
      int width = width();
      if (right.length > 1) {
        scratch.convertIntegers(0, count * width);
      }
      int columns = layout.columns;
      AccumulatorBlock block = scratch.accumulators.columns(0, columns);
      for (int i = 0; i < count; i++) {
        int batch = (row + i) / layout.rows;
        int leftRow = layout.lefts[batch] * layout.rows + (row + i) % layout.rows;
        block.accumulators(i * width, width).rows(row + i, 1).output((row + i) * columns, columns);
        float scale = quantized.scale(leftRow);
        scratch.math.dequantize(
            scratch.sums(), block, dequantization, scale, output.array(), output.offset());
      }
    }
  }
}
