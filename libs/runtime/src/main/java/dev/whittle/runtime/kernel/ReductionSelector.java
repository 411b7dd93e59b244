package dev.whittle.runtime.kernel;

import dev.whittle.ir.Op;
import dev.whittle.ir.Operands;
import dev.whittle.ir.kernel.Kernel;
import dev.whittle.ir.op.Activation;
import dev.whittle.ir.op.Padding;
import dev.whittle.ir.op.activation.Softmax;
import dev.whittle.ir.op.nn.AveragePool2D;
import dev.whittle.ir.op.nn.L2Normalization;
import dev.whittle.ir.op.nn.LocalResponseNormalization;
import dev.whittle.ir.op.nn.MaxPool2D;
import dev.whittle.ir.op.reduce.Cumsum;
import dev.whittle.ir.op.reduce.Mean;
import dev.whittle.ir.op.reduce.QuantizedMean;
import dev.whittle.ir.op.reduce.QuantizedReduceSum;
import dev.whittle.ir.tensor.Quantization;
import dev.whittle.ir.tensor.Shape;
import dev.whittle.ir.tensor.Tensor;
import dev.whittle.ir.tensor.TensorType;
import dev.whittle.runtime.kernel.execution.Workers;
import dev.whittle.runtime.kernel.geometry.WindowGeometry;
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
import dev.whittle.runtime.kernel.simd.Clamp;
import java.util.function.IntFunction;
import java.util.function.LongToIntFunction;
import org.jspecify.annotations.Nullable;

/**
 * Chooses kernels for operators that combine elements along axes: reductions, pools, softmax,
 * normalizations, scans and searches. Reduced axes must be constant, and adjacent to each other.
 * Integers are reduced where their sums are exact; elsewhere the reference kernel runs.
 */
final class ReductionSelector implements OperatorSelector {
  private final Workers workers;

  ReductionSelector(Workers workers) {
    this.workers = workers;
  }

  @Override
  public @Nullable Kernel kernel(Op op, Operands operands) {
    return switch (op.type().name()) {
      case "AVERAGE_POOL_2D" -> averagePool((AveragePool2D) op, operands);
      case "MAX_POOL_2D" -> maxPool((MaxPool2D) op, operands);
      case "SUM" -> sum(operands);
      case "MEAN" -> mean((Mean) op, operands);
      case "REDUCE_MAX" -> reduction(FloatReduction.Kind.MAXIMUM, operands);
      case "REDUCE_MIN" -> reduction(FloatReduction.Kind.MINIMUM, operands);
      case "REDUCE_PROD" -> reduction(FloatReduction.Kind.PRODUCT, operands);
      case "REDUCE_ANY" -> booleanReduction(FloatReduction.Kind.MAXIMUM, operands);
      case "REDUCE_ALL" -> booleanReduction(FloatReduction.Kind.MINIMUM, operands);
      case "ARG_MAX" -> argMinMax(false, operands);
      case "ARG_MIN" -> argMinMax(true, operands);
      case "TOPK_V2" -> topK(operands);
      case "CUMSUM" -> cumSum((Cumsum) op, operands);
      case "SOFTMAX" -> softmax((Softmax) op, operands);
      case "LOG_SOFTMAX" -> logSoftmax(operands);
      case "L2_NORMALIZATION" -> l2Normalization((L2Normalization) op, operands);
      case "LOCAL_RESPONSE_NORMALIZATION" ->
          localResponseNormalization((LocalResponseNormalization) op, operands);
      default -> null;
    };
  }

  private @Nullable Kernel averagePool(AveragePool2D op, Operands operands) {
    return pool(
        true,
        op.padding(),
        new int[] {op.filterHeight(), op.strideHeight(), 1},
        new int[] {op.filterWidth(), op.strideWidth(), 1},
        op.activation(),
        operands);
  }

  private @Nullable Kernel maxPool(MaxPool2D op, Operands operands) {
    return pool(
        false,
        op.padding(),
        new int[] {op.filterHeight(), op.strideHeight(), 1},
        new int[] {op.filterWidth(), op.strideWidth(), 1},
        op.activation(),
        operands);
  }

  /**
   * Returns the kernel for a pool.
   *
   * @param average whether it averages; else it takes the maximum
   * @param vertical window height, stride and dilation
   * @param horizontal window width, stride and dilation
   */
  private @Nullable Kernel pool(
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
      return PoolKernel.ofFloats(workers, windows, average, Clamp.of(activation));
    }
    Quantization to = operands.output(0).quantization();
    if (!KernelSelector.isByte(type) || to == null || !PoolKernel.isExact(windows)) {
      return null;
    }
    Activation.Bounds bounds = activation.quantizedBounds(type, to);
    return PoolKernel.ofBytes(workers, windows, average, type == TensorType.UINT8, bounds);
  }

  /**
   * Returns the kernel for a reduction of floats or of 32-bit integers, or for the maximum or
   * minimum of 8-bit integers.
   */
  private @Nullable Kernel reduction(FloatReduction.Kind kind, Operands operands) {
    TensorType type = operands.type(0);
    Tensor axes = operands.hasInput(1) ? operands.input(1).known() : null;
    if (axes == null || type != operands.output(0).type()) {
      return null;
    }
    boolean extreme = kind == FloatReduction.Kind.MAXIMUM || kind == FloatReduction.Kind.MINIMUM;
    boolean isInt32 = type == TensorType.INT32 && kind != FloatReduction.Kind.MEAN;
    if (isInt32 || (KernelSelector.isByte(type) && extreme)) {
      return integerReduction(kind, operands, axes, count -> result -> (int) result);
    }
    return type == TensorType.FLOAT32
        ? FloatReduction.of(workers, kind, operands.shape(0), axes.toLongs())
        : null;
  }

  /**
   * Returns the kernel that tells whether any or all booleans are true: the maximum or minimum of
   * their bytes.
   */
  private @Nullable Kernel booleanReduction(FloatReduction.Kind kind, Operands operands) {
    Tensor axes = operands.input(1).known();
    return axes == null || operands.type(0) != TensorType.BOOL
        ? null
        : integerReduction(kind, operands, axes, count -> extreme -> extreme == 0 ? 0 : 1);
  }

  /**
   * Returns the kernel for a reduction of integers.
   *
   * @param finish makes, for a count of reduced elements, the function from a sum (or product, or
   *     extreme) to the output
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

  private @Nullable Kernel sum(Operands operands) {
    Tensor axes = operands.hasInput(1) ? operands.input(1).known() : null;
    return axes != null && KernelSelector.isByte(operands.type(0))
        ? integerReduction(
            FloatReduction.Kind.SUM,
            operands,
            axes,
            count -> new QuantizedReduceSum(operands, count)::apply)
        : reduction(FloatReduction.Kind.SUM, operands);
  }

  private @Nullable Kernel mean(Mean op, Operands operands) {
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

  /** Returns the length of the last axis. */
  private static int length(Shape shape) {
    return shape.dim(shape.rank() - 1);
  }

  /** Returns the number of rows along the last axis. */
  private static int rows(Shape shape) {
    int length = length(shape);
    return length == 0 ? 0 : Math.toIntExact(shape.elements() / length);
  }

  private @Nullable Kernel softmax(Softmax op, Operands operands) {
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

  private @Nullable Kernel logSoftmax(Operands operands) {
    Shape shape = operands.shape(0);
    return operands.type(0) == TensorType.FLOAT32 && shape.rank() > 0
        ? RowNormalization.logSoftmax(workers, rows(shape), length(shape))
        : null;
  }

  private @Nullable Kernel argMinMax(boolean isMin, Operands operands) {
    int[] dimensions = dimensions(operands);
    TensorType type = operands.type(0);
    TensorType to = operands.output(0).type();
    return dimensions != null
            && (type == TensorType.FLOAT32 || KernelSelector.isByte(type))
            && (to == TensorType.INT32 || to == TensorType.INT64)
        ? new ArgMinMaxKernel(workers, type, isMin, dimensions)
        : null;
  }

  private @Nullable Kernel cumSum(Cumsum op, Operands operands) {
    int[] dimensions = dimensions(operands);
    return dimensions != null && operands.type(0) == TensorType.FLOAT32
        ? new CumSumKernel(workers, op, dimensions)
        : null;
  }

  /**
   * Returns the numbers of elements before, along and after the axis that operand 1 holds, or null
   * if that is not one constant axis of the input, or the input is empty.
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

  private @Nullable Kernel l2Normalization(L2Normalization op, Operands operands) {
    Shape shape = operands.shape(0);
    return operands.type(0) == TensorType.FLOAT32
            && op.activation() == Activation.NONE
            && shape.rank() > 0
        ? RowNormalization.l2(workers, rows(shape), length(shape))
        : null;
  }

  private @Nullable Kernel localResponseNormalization(
      LocalResponseNormalization op, Operands operands) {
    Shape shape = operands.shape(0);
    return operands.type(0) == TensorType.FLOAT32
            && op.radius() >= 0
            && shape.rank() > 0
            && shape.elements() > 0
        ? new LocalResponseNormalizationKernel(workers, op, rows(shape), length(shape))
        : null;
  }

  private @Nullable Kernel topK(Operands operands) {
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
