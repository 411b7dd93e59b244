package dev.whittle.runtime.kernel.gemm;

import dev.whittle.ir.kernel.Invocation;
import dev.whittle.runtime.kernel.execution.Scratch;
import dev.whittle.runtime.kernel.execution.Workers;
import dev.whittle.runtime.kernel.simd.AccumulatorBlock;
import dev.whittle.runtime.kernel.simd.Clamp;
import dev.whittle.runtime.kernel.simd.MicroKernels;
import dev.whittle.runtime.kernel.simd.PackedMatrix;

/**
 * A GEMM of integers in single precision, which is exact; see {@link Int8Weights}. Outputs are
 * computed block by block: the accumulators of a block stay in the first-level cache, as does a
 * panel of weights that many rows are multiplied by.
 */
public final class IntegerGemm extends Gemm {
  /** Accumulators of a block. */
  private static final int BLOCK_SUMS = 1 << 12;

  /**
   * Columns of a block, if the matrix has so many: {@code VectorGemm} computes narrow panels and
   * single rows together with other panels.
   */
  private static final int MIN_COLUMNS = 64;

  private final QuantizedEpilogue epilogue;
  private final int blockRows;
  private final int blockPanels;

  /** Elements from one row of accumulators to the next. */
  private final int width;

  public IntegerGemm(
      Workers workers,
      WeightedLayer layer,
      SubConvolution subConvolution,
      Im2col im2col,
      PackedMatrix[] parts,
      QuantizedEpilogue epilogue) {
    super(workers, layer, subConvolution, im2col, parts);
    this.epilogue = epilogue;
    int panelWidth = panels() == 0 ? 1 : panelWidth(0);
    int minPanels = Math.clamp(panels(), 1, Math.max(1, MIN_COLUMNS / panelWidth));
    int rows = Math.min(chunkRows(), BLOCK_SUMS / (panelWidth * minPanels));
    blockRows = Math.max(1, Math.ceilDiv(rows, workers.blockRows())) * workers.blockRows();
    blockPanels = Math.clamp(BLOCK_SUMS / (blockRows * panelWidth), 1, Math.max(1, panels()));
    width = blockPanels * panelWidth;
    int size = blockRows * width;
    reserve(size, parts.length > 1 || epilogue.halves() > 1 ? size : 0);
  }

  @Override
  int halves() {
    return epilogue.halves();
  }

  @Override
  Im2col.Source source(int half) {
    return epilogue.source(half);
  }

  @Override
  void begin(Invocation invocation) {
    epilogue.begin(input(invocation), invocation.output(0));
  }

  @Override
  public void copy(int from, float[] buffer, int to, int count, MicroKernels math) {
    epilogue.copy(from, buffer, to, count, math);
  }

  @Override
  float paddingValue() {
    return epilogue.paddingValue();
  }

  @Override
  void rows(
      Scratch scratch, float[] input, int first, int count, int row, int firstPanel, int end) {
    for (int from = 0; from < count; from += blockRows) {
      int rows = Math.min(blockRows, count - from);
      for (int panel = firstPanel; panel < end; panel += blockPanels) {
        int last = Math.min(panel + blockPanels, end);
        for (int half = 0; half < halves(); half++) {
          sum(scratch, input, half, first + from, rows, panel, last);
          if (halves() > 1) {
            scratch.addHalf(half, rows * width);
          }
        }
        finish(scratch, row + from, rows, panel, last);
      }
    }
  }

  /** Computes outputs from the accumulators of a block. */
  private void finish(Scratch scratch, int first, int rows, int firstPanel, int endPanel) {
    boolean integers = parts() > 1 || halves() > 1;
    int column = firstColumn(firstPanel);
    AccumulatorBlock block = scratch.accumulators;
    block.columns(column, endColumn(endPanel - 1) - column);
    for (int done = 0; done < rows; ) {
      int row = first + done;
      int count = epilogue.rowsOfOneScale(row, adjacentRows(row, rows - done));
      block
          .accumulators(done * width, width)
          .rows(row, count)
          .output(outputIndex(row, column), stride());
      epilogue.finish(scratch, block, integers);
      done += count;
    }
  }

  /** Computes the accumulators of some rows and panels. */
  private void sum(
      Scratch scratch,
      float[] input,
      int half,
      int first,
      int rows,
      int firstPanel,
      int lastPanel) {
    float[] sums = scratch.sums();
    int at = -firstColumn(firstPanel);
    scratch.gemm.rows(first, rows).panels(firstPanel, lastPanel).paddedOutput(at, width);
    for (int part = 0; part < parts(); part++) {
      multiply(scratch, half, part, input, sums, Clamp.NONE);
      if (parts() > 1 || halves() > 1) {
        scratch.addSums(part == 0, rows * width);
      }
    }
  }
}
