package dev.whittle.ir.op.common;

import dev.whittle.ir.tensor.Tensor;
import java.util.Arrays;

/**
 * An iterator over the elements of an output and of operands that broadcast to its shape, row by
 * row along the last axis. A kernel keeps it between runs; strides are computed again only when a
 * shape changes.
 */
public final class BroadcastIterator {
  private int[] outputDims = {-1};
  private int[][] operandDims = {};
  private long[][] strides = {};
  private int[] position = {};

  /** Receives one row along the last axis. */
  @FunctionalInterface
  public interface RowVisitor {
    /**
     * Visits a row.
     *
     * @param output the index of the first output element; the others follow it
     * @param count the number of elements
     * @param operands the index of each operand's first element
     * @param steps each operand's stride along the row: 1, or 0 where its element is repeated
     */
    void visit(long output, long count, long[] operands, int[] steps);
  }

  /** Visits every row of {@code output}, in order. */
  public void forEachRow(Tensor output, RowVisitor visitor, Tensor... operands) {
    if (output.elements() == 0) {
      return;
    }
    prepare(output, operands);
    int rank = outputDims.length;
    long[] offsets = new long[operands.length];
    int[] steps = new int[operands.length];
    for (int k = 0; k < operands.length; k++) {
      steps[k] = rank == 0 ? 0 : (int) strides[k][rank - 1];
    }
    long count = rank == 0 ? 1 : outputDims[rank - 1];
    Arrays.fill(position, 0);
    for (long out = 0; out < output.elements(); out += count) {
      visitor.visit(out, count, offsets, steps);
      advance(rank - 2, offsets);
    }
  }

  private void advance(int lastAxis, long[] offsets) {
    for (int axis = lastAxis; axis >= 0; axis--) {
      for (int k = 0; k < offsets.length; k++) {
        offsets[k] += strides[k][axis];
      }
      if (++position[axis] < outputDims[axis]) {
        return;
      }
      for (int k = 0; k < offsets.length; k++) {
        offsets[k] -= strides[k][axis] * outputDims[axis];
      }
      position[axis] = 0;
    }
  }

  private void prepare(Tensor output, Tensor[] operands) {
    boolean same =
        Arrays.equals(outputDims, output.dims()) && operandDims.length == operands.length;
    for (int k = 0; same && k < operands.length; k++) {
      same = Arrays.equals(operandDims[k], operands[k].dims());
    }
    if (same) {
      return;
    }
    outputDims = output.dims().clone();
    position = new int[outputDims.length];
    operandDims = new int[operands.length][];
    strides = new long[operands.length][];
    for (int k = 0; k < operands.length; k++) {
      operandDims[k] = operands[k].dims().clone();
      strides[k] = strides(operandDims[k], outputDims.length);
    }
  }

  /** Returns row-major strides aligned at the last axis; 0 along broadcast axes. */
  private static long[] strides(int[] dims, int rank) {
    long[] strides = new long[rank];
    long stride = 1;
    for (int i = dims.length - 1; i >= 0; i--) {
      strides[rank - dims.length + i] = dims[i] == 1 ? 0 : stride;
      stride *= dims[i];
    }
    return strides;
  }
}
