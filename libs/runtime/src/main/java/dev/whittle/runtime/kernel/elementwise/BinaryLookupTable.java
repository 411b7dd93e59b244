package dev.whittle.runtime.kernel.elementwise;

import dev.whittle.ir.Op;
import dev.whittle.ir.Operands;
import dev.whittle.ir.tensor.Tensor;
import dev.whittle.ir.tensor.TensorType;
import dev.whittle.runtime.kernel.execution.ElementwiseKernel;
import dev.whittle.runtime.kernel.execution.ReferenceTable;
import dev.whittle.runtime.kernel.execution.Scratch;
import dev.whittle.runtime.kernel.execution.Workers;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * A lookup table for a function of two 8-bit integers, which may be broadcast: the results of the
 * reference kernel for all 65,536 pairs.
 */
public final class BinaryLookupTable extends BlockKernel implements ElementwiseKernel {
  /** Minimum number of outputs for which a table is faster than the reference kernel. */
  public static final int MIN_COUNT = 1 << 12;

  private static final int NUMBERS = 1 << 8;
  private static final int SIZE = NUMBERS * NUMBERS;

  private final byte[] results;

  private BinaryLookupTable(Workers workers, int count, byte[] results, BlockOperand... operands) {
    super(workers, count, operands);
    this.results = results;
  }

  /**
   * Tabulates an elementwise operator.
   *
   * @param count elements of the output
   * @return null if the reference kernel rejects some of the pairs
   */
  public static @Nullable BinaryLookupTable of(
      Workers workers, int count, Op op, Operands described, BlockOperand... operands) {
    TensorType type = described.output(0).type();
    Tensor first = new Tensor(described.type(0), null, Tensor.Allocator.HEAP);
    Tensor second = new Tensor(described.type(1), null, Tensor.Allocator.HEAP);
    Tensor all = new Tensor(type, null, Tensor.Allocator.HEAP);
    for (Tensor tensor : List.of(first, second, all)) {
      tensor.resize(SIZE);
    }
    for (int i = 0; i < SIZE; i++) {
      first.setByte(i, (byte) (i / NUMBERS));
      second.setByte(i, (byte) i);
    }
    return ReferenceTable.fill(op, described, List.of(first, second), all)
        ? new BinaryLookupTable(workers, count, all.data().toArray(Tensor.BYTE), operands)
        : null;
  }

  @Override
  void block(Scratch scratch, int from, int count) {
    byte[] x = scratch.bytes(2 * BLOCK);
    operand(0).read(from, x, 0, count);
    operand(1).read(from, x, BLOCK, count);
    for (int i = 0; i < count; i++) {
      x[i] = results[(x[i] & 0xff) * NUMBERS + (x[BLOCK + i] & 0xff)];
    }
    store(x, from, count);
  }
}
