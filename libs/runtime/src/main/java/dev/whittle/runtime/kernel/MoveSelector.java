package dev.whittle.runtime.kernel;

import dev.whittle.ir.Op;
import dev.whittle.ir.Operand;
import dev.whittle.ir.Operands;
import dev.whittle.ir.kernel.Kernel;
import dev.whittle.ir.op.image.ResizeBilinear;
import dev.whittle.ir.op.index.Gather;
import dev.whittle.ir.op.index.OneHot;
import dev.whittle.ir.op.index.Where;
import dev.whittle.ir.op.shape.BatchToSpaceNd;
import dev.whittle.ir.op.shape.Concatenation;
import dev.whittle.ir.op.shape.MirrorPad;
import dev.whittle.ir.op.shape.Pack;
import dev.whittle.ir.op.shape.SpaceToBatchNd;
import dev.whittle.ir.op.shape.StridedView;
import dev.whittle.ir.op.shape.StridedViewOp;
import dev.whittle.ir.op.shape.Unpack;
import dev.whittle.ir.tensor.OperandException;
import dev.whittle.ir.tensor.Quantization;
import dev.whittle.ir.tensor.Shape;
import dev.whittle.ir.tensor.Tensor;
import dev.whittle.ir.tensor.TensorType;
import dev.whittle.runtime.kernel.execution.Workers;
import dev.whittle.runtime.kernel.move.BilinearResize;
import dev.whittle.runtime.kernel.move.ConcatSplitKernel;
import dev.whittle.runtime.kernel.move.DequantizingGather;
import dev.whittle.runtime.kernel.move.GatherKernel;
import dev.whittle.runtime.kernel.move.MappedCopy;
import dev.whittle.runtime.kernel.move.OneHotKernel;
import dev.whittle.runtime.kernel.move.RowIndices;
import dev.whittle.runtime.kernel.move.ScatterNdKernel;
import dev.whittle.runtime.kernel.move.StridedCopy;
import dev.whittle.runtime.kernel.move.WhereKernel;
import java.util.Arrays;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/**
 * Chooses kernels for operators that copy elements to other places: concatenation and splitting,
 * gathering and scattering, padding, transposition, slicing and resizing. The places must follow
 * from constant operands; only gathering, scattering, {@link OneHot} and {@link Where} read indices
 * or conditions while the model runs.
 */
final class MoveSelector implements OperatorSelector {
  private final Workers workers;

  MoveSelector(Workers workers) {
    this.workers = workers;
  }

  @Override
  public @Nullable Kernel kernel(Op op, Operands operands) {
    return switch (op.type().name()) {
      case "CONCATENATION" ->
          op instanceof Concatenation parts && !parts.rescales(operands)
              ? concatenation(parts.axis(), operands)
              : null;
      case "PACK" -> concatenation(((Pack) op).axis(), operands);
      case "UNPACK" -> split(0, ((Unpack) op).axis(), operands);
      case "SPLIT" -> splitAlongOperand(1, 0, operands);
      case "SPLIT_V" -> splitAlongOperand(0, 2, operands);
      case "GATHER" -> gather((Gather) op, operands);
      case "GATHER_ND" -> gatherNd(operands);
      case "EMBEDDING_LOOKUP" -> embeddingLookup(operands);
      case "SCATTER_ND" -> scatterNd(operands);
      case "ONE_HOT" -> oneHot((OneHot) op, operands);
      case "WHERE" -> where(operands);
      case "SPACE_TO_BATCH_ND", "BATCH_TO_SPACE_ND" -> blocks(op, operands);
      case "PAD", "PADV2" -> pad(operands);
      case "MIRROR_PAD" -> mirrorPad((MirrorPad) op, operands);
      case "RESIZE_BILINEAR" -> resizeBilinear((ResizeBilinear) op, operands);
      case "RESIZE_NEAREST_NEIGHBOR" -> MappedCopy.of(workers, op, 3, (byte) 0, operands);
      default -> op instanceof StridedViewOp view ? stridedCopy(view, operands) : null;
    };
  }

  /** Returns the kernel that concatenates all inputs along an axis of the output. */
  private @Nullable Kernel concatenation(int axis, Operands operands) {
    Operand[] parts = new Operand[operands.inputCount()];
    for (int i = 0; i < parts.length; i++) {
      parts[i] = operands.input(i);
    }
    return ConcatSplitKernel.of(workers, true, 0, operands.output(0), axis, parts);
  }

  /** Returns the kernel that splits operand {@code input} along the axis that another one holds. */
  private @Nullable Kernel splitAlongOperand(int input, int axisOperand, Operands operands) {
    long[] axis = operands.knownIntegers(axisOperand);
    return axis == null || axis.length != 1 || axis[0] != (int) axis[0]
        ? null
        : split(input, (int) axis[0], operands);
  }

  /** Returns the kernel that splits operand {@code input} along an axis. */
  private @Nullable Kernel split(int input, int axis, Operands operands) {
    Operand[] parts = new Operand[operands.outputCount()];
    for (int i = 0; i < parts.length; i++) {
      parts[i] = operands.output(i);
    }
    return ConcatSplitKernel.of(workers, false, input, operands.input(input), axis, parts);
  }

  private @Nullable Kernel gather(Gather op, Operands operands) {
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
        new RowIndices(Math.toIntExact(indices.elements()), MoveSelector::outOfRange, length),
        batches,
        product(table, batchAxes, axis),
        length);
  }

  private @Nullable Kernel gatherNd(Operands operands) {
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
        new RowIndices(rows, MoveSelector::outOfRange, dimensions),
        1,
        1,
        product(table, 0, depth));
  }

  private @Nullable Kernel embeddingLookup(Operands operands) {
    Shape table = operands.shape(1);
    if (isEmpty(operands)) {
      return null;
    }
    int count = Math.toIntExact(operands.shape(0).elements());
    var rows = new RowIndices(count, MoveSelector::outOfRange, table.dim(0));
    Quantization quantization = operands.input(1).quantization();
    if (operands.type(1) != TensorType.INT8 || operands.output(0).type() != TensorType.FLOAT32) {
      return GatherKernel.of(workers, operands, 1, 0, rows, 1, 1, table.dim(0));
    }
    if (quantization == null || !quantization.isQuantized()) {
      return null;
    }
    float[] scales = quantization.scales();
    return scales.length == 1 || scales.length == table.dim(0)
        ? new DequantizingGather(workers, rows, product(table, 1, table.rank()), scales)
        : null;
  }

  /** Returns the kernel for {@link SpaceToBatchNd} or {@link BatchToSpaceNd}. */
  private @Nullable Kernel blocks(Op op, Operands operands) {
    long[] blocks = operands.knownIntegers(1);
    Operand input = operands.input(0);
    int zero = input.isQuantized() ? input.requireQuantization().zeroPointValue() : 0;
    if (blocks == null || (zero != 0 && !KernelSelector.isByte(operands.type(0)))) {
      return null;
    }
    return MappedCopy.of(workers, op, blocks.length + 1, (byte) zero, operands);
  }

  private static OperandException outOfRange(long index, int dimension) {
    return OperandException.invalid("index %d; expected 0 to %d", index, dimension - 1);
  }

  private @Nullable Kernel scatterNd(Operands operands) {
    Shape indices = operands.shape(0);
    Shape out = operands.output(0).shape();
    if (isEmpty(operands)
        || indices.rank() == 0
        || out.elements() == 0
        || operands.type(1) != TensorType.FLOAT32
        || operands.output(0).type() != TensorType.FLOAT32) {
      return null;
    }
    int depth = indices.dim(indices.rank() - 1);
    if (depth > out.rank()) {
      return null;
    }
    int count = Math.toIntExact(indices.elements() / depth);
    int length = product(out, depth, out.rank());
    var rows =
        new RowIndices(
            count,
            (coordinate, size) ->
                OperandException.invalid("coordinate %d; expected 0 to %d", coordinate, size - 1),
            Arrays.copyOf(out.toArray(), depth));
    return operands.shape(1).elements() == (long) count * length
        ? new ScatterNdKernel(workers, rows, length)
        : null;
  }

  private @Nullable Kernel oneHot(OneHot op, Operands operands) {
    Shape out = operands.output(0).shape();
    TensorType type = operands.output(0).type();
    int axis = op.axis() < 0 ? op.axis() + out.rank() : op.axis();
    boolean supported =
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
    if (!supported || operands.shape(0).elements() * out.dim(axis) != out.elements()) {
      return null;
    }
    return new OneHotKernel(
        workers, type, product(out, 0, axis), out.dim(axis), product(out, axis + 1, out.rank()));
  }

  /** Returns the kernel for the coordinates of true or of nonzero 8-bit elements. */
  private @Nullable Kernel where(Operands operands) {
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

  /** Returns the strided copy for an operator whose operands are constant but the first. */
  private @Nullable Kernel stridedCopy(StridedViewOp op, Operands operands) {
    for (int i = 1; i < operands.inputCount(); i++) {
      if (operands.knownIntegers(i) == null) {
        return null;
      }
    }
    StridedView view =
        op.view(
            operands.shape(0),
            operands.output(0).shape(),
            i -> Objects.requireNonNull(operands.knownIntegers(i)));
    return StridedCopy.of(workers, view, operands);
  }

  /** Returns the kernel that pads with zeros, with the zero point, or with operand 2. */
  private @Nullable Kernel pad(Operands operands) {
    long[] paddings = operands.knownIntegers(1);
    TensorType type = operands.type(0);
    if (paddings == null || type.bits() < 8) {
      return null;
    }
    long[] before = new long[paddings.length / 2];
    for (int i = 0; i < before.length; i++) {
      before[i] = paddings[2 * i];
    }
    Tensor value = Tensor.allocate(type);
    if (operands.hasInput(2)) {
      value = operands.input(2).known();
    } else if (operands.output(0).isQuantized()) {
      value.setInteger(0, operands.output(0).requireQuantization().zeroPointValue());
    }
    return value == null || value.type() != type
        ? null
        : StridedCopy.padding(workers, operands, before, value.data().toArray(Tensor.BYTE));
  }

  /** Returns the kernel for mirrored padding: rows are the axes after the last padded one. */
  private @Nullable Kernel mirrorPad(MirrorPad op, Operands operands) {
    long[] paddings = operands.knownIntegers(1);
    if (paddings == null) {
      return null;
    }
    int axes = paddings.length / 2;
    while (axes > 0 && paddings[2 * axes - 1] == 0 && paddings[2 * axes - 2] == 0) {
      axes--;
    }
    return MappedCopy.of(workers, op, axes, (byte) 0, operands);
  }

  private @Nullable Kernel resizeBilinear(ResizeBilinear op, Operands operands) {
    TensorType type = operands.type(0);
    boolean supported = type == TensorType.FLOAT32 || KernelSelector.isByte(type);
    return supported && operands.shape(0).elements() > 0
        ? new BilinearResize(workers, op, operands)
        : null;
  }

  /** Returns whether operand 0 or 1 has no elements. */
  private static boolean isEmpty(Operands operands) {
    return operands.shape(0).elements() == 0 || operands.shape(1).elements() == 0;
  }

  /** Returns the product of the dimensions from axis {@code from} up to axis {@code to}. */
  private static int product(Shape shape, int from, int to) {
    int product = 1;
    for (int i = from; i < to; i++) {
      product = Math.multiplyExact(product, shape.dim(i));
    }
    return product;
  }
}
