package dev.whittle.runtime.kernel;

import dev.whittle.ir.Op;
import dev.whittle.ir.Operand;
import dev.whittle.ir.Operands;
import dev.whittle.ir.kernel.Kernel;
import dev.whittle.ir.op.index.Gather;
import dev.whittle.ir.op.index.OneHot;
import dev.whittle.ir.tensor.OperandException;
import dev.whittle.ir.tensor.Quantization;
import dev.whittle.ir.tensor.Shape;
import dev.whittle.ir.tensor.TensorType;
import dev.whittle.runtime.kernel.execution.Workers;
import dev.whittle.runtime.kernel.move.ConcatSplitKernel;
import dev.whittle.runtime.kernel.move.DequantizingGather;
import dev.whittle.runtime.kernel.move.GatherKernel;
import dev.whittle.runtime.kernel.move.MappedCopy;
import dev.whittle.runtime.kernel.move.OneHotKernel;
import dev.whittle.runtime.kernel.move.RowIndices;
import dev.whittle.runtime.kernel.move.ScatterNdKernel;
import dev.whittle.runtime.kernel.move.WhereKernel;
import java.util.Arrays;
import org.jspecify.annotations.Nullable;

/** Chooses kernels for operators that join, deal out or look up parts of their operands. */
final class MoveSelector {
  private final Workers workers;

  MoveSelector(Workers workers) {
    this.workers = workers;
  }

  /** The inputs along an axis of the output. */
  @Nullable Kernel joined(int axis, Operands operands) {
    Operand[] parts = new Operand[operands.inputCount()];
    for (int i = 0; i < parts.length; i++) {
      parts[i] = operands.input(i);
    }
    return ConcatSplitKernel.of(workers, true, 0, operands.output(0), axis, parts);
  }

  /** Operand {@code whole} along the axis that operand {@code axis} names. */
  @Nullable Kernel split(int whole, int axis, Operands operands) {
    long[] known = operands.knownIntegers(axis);
    return known == null || known.length != 1 || known[0] != (int) known[0]
        ? null
        : dealt(whole, (int) known[0], operands);
  }

  /** An operand along an axis of it. */
  @Nullable Kernel dealt(int whole, int axis, Operands operands) {
    Operand[] parts = new Operand[operands.outputCount()];
    for (int i = 0; i < parts.length; i++) {
      parts[i] = operands.output(i);
    }
    return ConcatSplitKernel.of(workers, false, whole, operands.input(whole), axis, parts);
  }

  @Nullable Kernel gather(Gather op, Operands operands) {
    Shape table = operands.shape(0);
    Shape indices = operands.shape(1);
    int axis = op.axis() < 0 ? op.axis() + table.rank() : op.axis();
    int batchAxes = op.batchDims() < 0 ? op.batchDims() + indices.rank() : op.batchDims();
    if (isEmpty(operands) || batchAxes < 0 || batchAxes > axis || axis >= table.rank()) {
      return null;
    }
    int batches = product(table, 0, batchAxes);
    if (batchAxes > indices.rank() || product(indices, 0, batchAxes) != batches) {
      return null;
    }
    int length = table.dim(axis);
    return GatherKernel.of(
        workers,
        operands,
        0,
        1,
        new RowIndices(Math.toIntExact(indices.elements()), MoveSelector::outside, length),
        batches,
        product(table, batchAxes, axis),
        length);
  }

  @Nullable Kernel gather(Operands operands) {
    Shape table = operands.shape(0);
    Shape indices = operands.shape(1);
    if (isEmpty(operands) || indices.rank() == 0) {
      return null;
    }
    int depth = indices.dim(indices.rank() - 1);
    if (depth > table.rank()) {
      return null;
    }
    int[] dimensions = Arrays.copyOf(table.toArray(), depth);
    int rows = Math.toIntExact(indices.elements() / depth);
    return GatherKernel.of(
        workers,
        operands,
        0,
        1,
        new RowIndices(rows, MoveSelector::outside, dimensions),
        1,
        1,
        product(table, 0, depth));
  }

  @Nullable Kernel embedding(Operands operands) {
    Shape table = operands.shape(1);
    if (isEmpty(operands)) {
      return null;
    }
    int count = Math.toIntExact(operands.shape(0).elements());
    var numbers =
        new RowIndices(
            count,
            (number, rows) -> OperandException.invalid("number %d of a slice of %s", number, table),
            table.dim(0));
    Quantization quantization = operands.input(1).quantization();
    if (operands.type(1) != TensorType.INT8 || operands.output(0).type() != TensorType.FLOAT32) {
      return GatherKernel.of(workers, operands, 1, 0, numbers, 1, 1, table.dim(0));
    }
    if (quantization == null || !quantization.isQuantized()) {
      return null;
    }
    float[] scales = quantization.scales();
    return scales.length == 1 || scales.length == table.dim(0)
        ? new DequantizingGather(workers, numbers, product(table, 1, table.rank()), scales)
        : null;
  }

  /** Blocks of axes as batches, or the other way round; a rim is zeros, or zero points. */
  @Nullable Kernel blocks(Op op, Operands operands) {
    long[] blocks = operands.knownIntegers(1);
    Operand input = operands.input(0);
    int zero = input.isQuantized() ? input.requireQuantization().zeroPointValue() : 0;
    if (blocks == null || (zero != 0 && !KernelSelector.isByte(operands.type(0)))) {
      return null;
    }
    return MappedCopy.of(workers, op, blocks.length + 1, (byte) zero, operands);
  }

  private static OperandException outside(long index, int dimension) {
    return OperandException.invalid("index %d is outside 0..%d", index, dimension - 1);
  }

  /** Rows of floats added to zeros. */
  @Nullable Kernel scatter(Operands operands) {
    Shape places = operands.shape(0);
    Shape out = operands.output(0).shape();
    if (isEmpty(operands)
        || places.rank() == 0
        || out.elements() == 0
        || operands.type(1) != TensorType.FLOAT32
        || operands.output(0).type() != TensorType.FLOAT32) {
      return null;
    }
    int depth = places.dim(places.rank() - 1);
    if (depth > out.rank()) {
      return null;
    }
    int count = Math.toIntExact(places.elements() / depth);
    int length = product(out, depth, out.rank());
    var numbers =
        new RowIndices(
            count,
            (place, dimension) -> OperandException.invalid("coordinate %d in %s", place, out),
            Arrays.copyOf(out.toArray(), depth));
    return operands.shape(1).elements() == (long) count * length
        ? new ScatterNdKernel(workers, numbers, length)
        : null;
  }

  @Nullable Kernel oneHot(OneHot op, Operands operands) {
    Shape out = operands.output(0).shape();
    TensorType type = operands.output(0).type();
    int axis = op.axis() < 0 ? op.axis() + out.rank() : op.axis();
    boolean fits =
        out.elements() > 0
            && type.hasFixedSize()
            && type.bits() >= 8
            && type.byteSize(out.elements()) <= Integer.MAX_VALUE
            && operands.type(2) == type
            && operands.type(3) == type
            && operands.shape(2).elements() > 0
            && operands.shape(3).elements() > 0
            && axis >= 0
            && axis < out.rank();
    if (!fits || operands.shape(0).elements() * out.dim(axis) != out.elements()) {
      return null;
    }
    return new OneHotKernel(
        workers, type, product(out, 0, axis), out.dim(axis), product(out, axis + 1, out.rank()));
  }

  /** The places of true ones, or of 8-bit numbers that are not zero. */
  @Nullable Kernel places(Operands operands) {
    TensorType type = operands.type(0);
    Shape shape = operands.shape(0);
    boolean bytes = type == TensorType.BOOL || KernelSelector.isByte(type);
    return bytes
            && shape.rank() > 0
            && shape.elements() > 0
            && operands.output(0).type() == TensorType.INT64
        ? new WhereKernel(shape.toArray())
        : null;
  }

  private static boolean isEmpty(Operands operands) {
    return operands.shape(0).elements() == 0 || operands.shape(1).elements() == 0;
  }

  private static int product(Shape shape, int from, int to) {
    int product = 1;
    for (int i = from; i < to; i++) {
      product = Math.multiplyExact(product, shape.dim(i));
    }
    return product;
  }
}
