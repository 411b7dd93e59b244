package dev.whittle.runtime.kernel;

import dev.whittle.ir.Op;
import dev.whittle.ir.Operands;
import dev.whittle.ir.kernel.Kernel;
import dev.whittle.ir.op.Activation;
import dev.whittle.ir.op.Padding;
import dev.whittle.ir.op.activation.Softmax;
import dev.whittle.ir.op.image.ResizeBilinear;
import dev.whittle.ir.op.index.TopKV2;
import dev.whittle.ir.op.nn.L2Normalization;
import dev.whittle.ir.op.nn.LocalResponseNormalization;
import dev.whittle.ir.op.reduce.Cumsum;
import dev.whittle.ir.op.reduce.Mean;
import dev.whittle.ir.op.reduce.QuantizedMean;
import dev.whittle.ir.op.reduce.QuantizedReduceSum;
import dev.whittle.ir.op.shape.MirrorPad;
import dev.whittle.ir.op.shape.StridedView;
import dev.whittle.ir.op.shape.StridedViewOp;
import dev.whittle.ir.tensor.Quantization;
import dev.whittle.ir.tensor.Shape;
import dev.whittle.ir.tensor.Tensor;
import dev.whittle.ir.tensor.TensorType;
import dev.whittle.runtime.kernel.execution.Workers;
import dev.whittle.runtime.kernel.geometry.WindowGeometry;
import dev.whittle.runtime.kernel.move.BilinearResize;
import dev.whittle.runtime.kernel.move.MappedCopy;
import dev.whittle.runtime.kernel.move.StridedCopy;
import dev.whittle.runtime.kernel.reduce.ArgMinMaxKernel;
import dev.whittle.runtime.kernel.reduce.CumSumKernel;
import dev.whittle.runtime.kernel.reduce.FloatReduction;
import dev.whittle.runtime.kernel.reduce.Int8Softmax;
import dev.whittle.runtime.kernel.reduce.IntegerReduction;
import dev.whittle.runtime.kernel.reduce.LocalResponseNormalizationKernel;
import dev.whittle.runtime.kernel.reduce.PoolKernel;
import dev.whittle.runtime.kernel.reduce.RowNormalization;
import dev.whittle.runtime.kernel.reduce.ShortRowSoftmax;
import dev.whittle.runtime.kernel.reduce.TopKKernel;
import java.util.Objects;
import java.util.function.IntFunction;
import java.util.function.LongToIntFunction;
import org.jspecify.annotations.Nullable;

/** Chooses kernels for operators that move elements, or reduce or pool or sort some of them. */
final class ReductionSelector {
  private final Workers workers;

  ReductionSelector(Workers workers) {
    this.workers = workers;
  }

  @Nullable Kernel pool(
      boolean average,
      Padding padding,
      int[] vertical,
      int[] horizontal,
      Activation activation,
      Operands operands) {
    if (operands.shape(0).rank() != 4
        || vertical[0] < 1
        || horizontal[0] < 1
        || !activation.isClamp()) {
      return null;
    }
    Shape output = operands.output(0).shape();
    WindowGeometry windows =
        WindowGeometry.of(padding, operands.shape(0), output, vertical, horizontal);
    TensorType type = operands.type(0);
    if (type == TensorType.FLOAT32) {
      return PoolKernel.ofFloats(workers, windows, average, activation.min(), activation.max());
    }
    Quantization to = operands.output(0).quantization();
    if (!KernelSelector.isByte(type) || to == null || !PoolKernel.isExact(windows)) {
      return null;
    }
    Activation.Bounds bounds = activation.quantizedBounds(type, to);
    return PoolKernel.ofBytes(
        workers, windows, average, type == TensorType.UINT8, bounds.low(), bounds.high());
  }

  /** A reduction of floats, of 32-bit integers, or the greatest or least of 8-bit numbers. */
  @Nullable Kernel reduction(FloatReduction.Kind kind, Operands operands) {
    TensorType type = operands.type(0);
    Tensor axes = operands.hasInput(1) ? operands.input(1).known() : null;
    if (axes == null || type != operands.output(0).type()) {
      return null;
    }
    boolean extreme = kind == FloatReduction.Kind.MAXIMUM || kind == FloatReduction.Kind.MINIMUM;
    boolean whole = type == TensorType.INT32 && kind != FloatReduction.Kind.MEAN;
    if (whole || (KernelSelector.isByte(type) && extreme)) {
      return integerReduction(kind, operands, axes, count -> result -> (int) result);
    }
    return type == TensorType.FLOAT32
        ? FloatReduction.of(workers, kind, operands.shape(0), axes.toLongs())
        : null;
  }

  /** Whether any truth value is true, which is the greatest, or all are, which is the least. */
  @Nullable Kernel booleanValue(FloatReduction.Kind kind, Operands operands) {
    Tensor axes = operands.input(1).known();
    return axes == null || operands.type(0) != TensorType.BOOL
        ? null
        : integerReduction(kind, operands, axes, count -> most -> most == 0 ? 0 : 1);
  }

  /**
   * A reduction of integers.
   *
   * @param finish what becomes of what a number of elements come to
   */
  private @Nullable Kernel integerReduction(
      FloatReduction.Kind kind,
      Operands operands,
      Tensor axes,
      IntFunction<LongToIntFunction> finish) {
    TensorType type = operands.type(0);
    int[] dimensions = FloatReduction.dimensions(operands.shape(0), axes.toLongs());
    return dimensions == null
            || (type != TensorType.INT32 && dimensions[1] > IntegerReduction.MAX_BYTES)
        ? null
        : new IntegerReduction(workers, kind, type, dimensions, finish.apply(dimensions[1]));
  }

  @Nullable Kernel total(Operands operands) {
    Tensor axes = operands.hasInput(1) ? operands.input(1).known() : null;
    return axes != null && KernelSelector.isByte(operands.type(0))
        ? integerReduction(
            FloatReduction.Kind.SUM,
            operands,
            axes,
            count -> new QuantizedReduceSum(operands, count)::apply)
        : reduction(FloatReduction.Kind.SUM, operands);
  }

  @Nullable Kernel mean(Mean op, Operands operands) {
    Tensor axes = operands.hasInput(1) ? operands.input(1).known() : null;
    if (axes == null || !KernelSelector.isByte(operands.type(0))) {
      return reduction(FloatReduction.Kind.MEAN, operands);
    }
    boolean image = op.averagesImage(operands.shape(0), axes.toLongs());
    return integerReduction(
        FloatReduction.Kind.MEAN,
        operands,
        axes,
        count -> new QuantizedMean(operands, count, image)::apply);
  }

  /** Moves elements, where the other operands are constant. */
  @Nullable Kernel rearrangement(StridedViewOp op, Operands operands) {
    for (int i = 1; i < operands.inputCount(); i++) {
      if (operands.knownIntegers(i) == null) {
        return null;
      }
    }
    StridedView walk =
        op.view(
            operands.shape(0),
            operands.output(0).shape(),
            i -> Objects.requireNonNull(operands.knownIntegers(i)));
    return StridedCopy.of(workers, walk, operands);
  }

  /** A rim of zeros, of the zero point, or of operand 2. */
  @Nullable Kernel padding(Operands operands) {
    long[] paddings = operands.knownIntegers(1);
    TensorType type = operands.type(0);
    if (paddings == null || type.bits() < 8) {
      return null;
    }
    long[] before = new long[paddings.length / 2];
    for (int i = 0; i < before.length; i++) {
      before[i] = paddings[2 * i];
    }
    Tensor padding = Tensor.allocate(type);
    if (operands.hasInput(2)) {
      padding = operands.input(2).known();
    } else if (operands.output(0).isQuantized()) {
      padding.setInteger(0, operands.output(0).requireQuantization().zeroPointValue());
    }
    return padding == null || padding.type() != type
        ? null
        : StridedCopy.padding(workers, operands, before, padding.data().toArray(Tensor.BYTE));
  }

  /** Moves rows; see {@link MappedCopy}. */
  @Nullable Kernel rows(Op op, int axes, Operands operands) {
    return MappedCopy.of(workers, op, axes, (byte) 0, operands);
  }

  /** A rim that mirrors: the axes behind the last one that has a rim stay as they are. */
  @Nullable Kernel mirror(MirrorPad op, Operands operands) {
    long[] paddings = operands.knownIntegers(1);
    if (paddings == null) {
      return null;
    }
    int axes = paddings.length / 2;
    while (axes > 0 && paddings[2 * axes - 1] == 0 && paddings[2 * axes - 2] == 0) {
      axes--;
    }
    return rows(op, axes, operands);
  }

  @Nullable Kernel resize(ResizeBilinear op, Operands operands) {
    TensorType type = operands.type(0);
    boolean known = type == TensorType.FLOAT32 || KernelSelector.isByte(type);
    return known && operands.shape(0).elements() > 0
        ? new BilinearResize(workers, op, operands)
        : null;
  }

  private static int length(Shape shape) {
    return shape.dim(shape.rank() - 1);
  }

  private static int rows(Shape shape) {
    int length = length(shape);
    return length == 0 ? 0 : Math.toIntExact(shape.elements() / length);
  }

  @Nullable Kernel softmax(Softmax op, Operands operands) {
    Shape shape = operands.shape(0);
    TensorType type = operands.type(0);
    if (shape.rank() == 0) {
      return null;
    }
    if (type == TensorType.FLOAT32) {
      return ShortRowSoftmax.isFaster(rows(shape), length(shape))
          ? new ShortRowSoftmax(workers, op.beta(), rows(shape), length(shape))
          : RowNormalization.softmax(workers, op.beta(), rows(shape), length(shape));
    }
    return KernelSelector.isByte(type) && operands.output(0).type() == type
        ? new Int8Softmax(
            workers,
            op.exponentials(operands),
            operands.output(0).requireQuantization().scaleValue(),
            operands.output(0).requireQuantization().zeroPointValue(),
            type == TensorType.UINT8,
            rows(shape),
            length(shape))
        : null;
  }

  @Nullable Kernel logSoftmax(Operands operands) {
    Shape shape = operands.shape(0);
    return operands.type(0) == TensorType.FLOAT32 && shape.rank() > 0
        ? RowNormalization.logSoftmax(workers, rows(shape), length(shape))
        : null;
  }

  /** Where along an axis the greatest elements are, or the least. */
  @Nullable Kernel places(boolean least, Operands operands) {
    int[] dimensions = dimensions(operands);
    TensorType type = operands.type(0);
    TensorType to = operands.output(0).type();
    return dimensions != null
            && (type == TensorType.FLOAT32 || KernelSelector.isByte(type))
            && (to == TensorType.INT32 || to == TensorType.INT64)
        ? new ArgMinMaxKernel(workers, type, least, dimensions)
        : null;
  }

  @Nullable Kernel runningSum(Cumsum op, Operands operands) {
    int[] dimensions = dimensions(operands);
    return dimensions != null && operands.type(0) == TensorType.FLOAT32
        ? new CumSumKernel(workers, op, dimensions)
        : null;
  }

  /**
   * The extents before, along and behind the axis that operand 1 is; null where that is not one
   * known axis of the input, or there are no elements.
   */
  private static int @Nullable [] dimensions(Operands operands) {
    Shape shape = operands.shape(0);
    long[] axes = operands.knownIntegers(1);
    if (axes == null || axes.length != 1 || shape.elements() == 0) {
      return null;
    }
    long axis = axes[0] < 0 ? axes[0] + shape.rank() : axes[0];
    if (axis < 0 || axis >= shape.rank()) {
      return null;
    }
    int[] dimensions = {1, 1, 1};
    for (int i = 0; i < shape.rank(); i++) {
      dimensions[i < axis ? 0 : i == axis ? 1 : 2] *= shape.dim(i);
    }
    return dimensions;
  }

  /** Rows divided by their lengths. */
  @Nullable Kernel length(L2Normalization op, Operands operands) {
    Shape shape = operands.shape(0);
    return operands.type(0) == TensorType.FLOAT32
            && op.activation() == Activation.NONE
            && shape.rank() > 0
        ? RowNormalization.length(workers, rows(shape), length(shape))
        : null;
  }

  @Nullable Kernel response(LocalResponseNormalization op, Operands operands) {
    Shape shape = operands.shape(0);
    return operands.type(0) == TensorType.FLOAT32
            && op.radius() >= 0
            && shape.rank() > 0
            && shape.elements() > 0
        ? new LocalResponseNormalizationKernel(workers, op, rows(shape), length(shape))
        : null;
  }

  @Nullable Kernel top(TopKV2 op, Operands operands) {
    Shape in = operands.shape(0);
    Shape out = operands.output(0).shape();
    if (operands.type(0) != TensorType.FLOAT32 || in.rank() == 0 || out.elements() == 0) {
      return null;
    }
    int length = in.dim(in.rank() - 1);
    int k = out.dim(out.rank() - 1);
    return k > TopKKernel.MAX_COUNT || k > length
        ? null
        : new TopKKernel(workers, Math.toIntExact(in.elements() / length), length, k);
  }
}
