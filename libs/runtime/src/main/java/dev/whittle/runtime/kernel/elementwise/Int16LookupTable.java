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
 * A lookup table for a function of a 16-bit integer, whose results are such integers or floats: the
 * results of the reference kernel for all 65,536 integers.
 */
public final class Int16LookupTable extends BlockKernel implements ElementwiseKernel {
  /** Minimum number of outputs for which a table is faster than the reference kernel. */
  public static final int MIN_COUNT = 1 << 13;

  private static final int SIZE = 1 << 16;

  /** The results; of floats, the bits. */
  private final int[] results;

  private final boolean toFloats;

  private Int16LookupTable(
      Workers workers, int count, int[] results, boolean toFloats, BlockOperand... operands) {
    super(workers, count, operands);
    this.results = results;
    this.toFloats = toFloats;
  }

  /**
   * Tabulates an elementwise operator.
   *
   * @param count elements of the output
   * @return null if the reference kernel rejects some of the integers
   */
  public static @Nullable Int16LookupTable of(
      Workers workers, int count, Op op, Operands described, BlockOperand... operands) {
    TensorType type = described.output(0).type();
    Tensor all = new Tensor(TensorType.INT16, null, Tensor.Allocator.HEAP);
    Tensor made = new Tensor(type, null, Tensor.Allocator.HEAP);
    all.resize(SIZE);
    made.resize(SIZE);
    for (int i = 0; i < SIZE; i++) {
      all.setInteger(i, i);
    }
    if (!ReferenceTable.fill(op, described, List.of(all), made)) {
      return null;
    }
    boolean toFloats = type == TensorType.FLOAT32;
    int[] results = new int[SIZE];
    for (int i = 0; i < SIZE; i++) {
      results[i] = toFloats ? made.getInt(i) : (int) made.getInteger(i);
    }
    return new Int16LookupTable(workers, count, results, toFloats, operands);
  }

  /** Returns whether an output type is supported. */
  public static boolean has(TensorType to) {
    return to == TensorType.INT16 || to == TensorType.FLOAT32;
  }

  @Override
  void block(Scratch scratch, int from, int count) {
    short[] numbers = scratch.shorts(BLOCK);
    operand(0).read(from, numbers, 0, count);
    if (toFloats) {
      int[] found = scratch.integers();
      for (int i = 0; i < count; i++) {
        found[i] = results[numbers[i] & 0xffff];
      }
      store(found, from, count);
    } else {
      for (int i = 0; i < count; i++) {
        numbers[i] = (short) results[numbers[i] & 0xffff];
      }
      store(numbers, from, count);
    }
  }
}
