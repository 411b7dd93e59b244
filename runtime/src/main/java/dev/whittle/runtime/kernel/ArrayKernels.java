package dev.whittle.runtime.kernel;

import dev.whittle.ir.Op;
import dev.whittle.ir.OperandException;
import dev.whittle.ir.Operands;
import dev.whittle.ir.Quantization;
import dev.whittle.ir.Shape;
import dev.whittle.ir.TensorType;
import dev.whittle.ir.kernel.Kernel;
import dev.whittle.ir.kernel.Tensor;
import dev.whittle.ir.op.Activation;
import dev.whittle.ir.op.Cumsum;
import dev.whittle.ir.op.L2Normalization;
import dev.whittle.ir.op.LocalResponseNormalization;
import dev.whittle.ir.op.Mean;
import dev.whittle.ir.op.MirrorPad;
import dev.whittle.ir.op.Mul;
import dev.whittle.ir.op.QuantizedMean;
import dev.whittle.ir.op.Rearranging;
import dev.whittle.ir.op.ResizeBilinear;
import dev.whittle.ir.op.Softmax;
import dev.whittle.ir.op.TopKV2;
import dev.whittle.ir.op.Walk;
import dev.whittle.runtime.kernel.MicroKernels.Binary;
import dev.whittle.runtime.kernel.MicroKernels.Unary;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/** Chooses kernels for operators that go through their operands element by element. */
final class ArrayKernels {
  private final Workers workers;

  ArrayKernels(Workers workers) {
    this.workers = workers;
  }

  /** Functions of one operand: of floats computed, of 8-bit numbers looked up. */
  @Nullable Kernel unary(Op op, Unary function, Operands operands) {
    return operands.type(0) == TensorType.FLOAT32
        ? FloatUnary.of(workers, function)
        : table(op, operands);
  }

  @Nullable Kernel clamp(Op op, Activation activation, Operands operands) {
    return operands.type(0) == TensorType.FLOAT32
        ? FloatUnary.clamp(workers, activation.min(), activation.max())
        : table(op, operands);
  }

  @Nullable Kernel leakyRelu(Op op, float alpha, Operands operands) {
    return operands.type(0) == TensorType.FLOAT32
        ? FloatUnary.leaky(workers, alpha)
        : table(op, operands);
  }

  /** A table, of 8-bit operands that have one scale. */
  @Nullable Kernel table(Op op, Operands operands) {
    TensorType to = operands.output(0).type();
    boolean fits =
        FastKernels.isByte(operands.type(0))
            && (FastKernels.isByte(to) || to == TensorType.FLOAT32)
            && hasOneScale(operands.input(0).quantization())
            && (to == TensorType.FLOAT32 || hasOneScale(operands.output(0).quantization()));
    return fits ? new Table(workers, op, operands) : null;
  }

  private static boolean hasOneScale(@Nullable Quantization quantization) {
    return quantization != null && quantization.isQuantized() && !quantization.isPerAxis();
  }

  @Nullable Kernel quantize(Op op, Operands operands) {
    Quantization to = operands.output(0).quantization();
    if (operands.type(0) != TensorType.FLOAT32) {
      return table(op, operands);
    }
    if (!FastKernels.isByte(operands.output(0).type()) || to == null || !hasOneScale(to)) {
      return null;
    }
    Activation.Bounds bounds = Activation.Bounds.of(operands.output(0).type());
    int zeroPoint = to.zeroPointValue();
    if (zeroPoint < bounds.low() || zeroPoint > bounds.high()) {
      // Single precision may not do for the distance to such a zero point.
      return null;
    }
    return new Quantizer(workers, to.scaleValue(), zeroPoint, bounds.low(), bounds.high());
  }

  @Nullable Kernel binary(Binary function, Activation activation, Operands operands) {
    if (operands.type(0) == TensorType.INT32 && operands.type(1) == TensorType.INT32) {
      BlockOperand left = block(0, operands);
      BlockOperand right = block(1, operands);
      return left == null
              || right == null
              || activation != Activation.NONE
              || !IntegerBinary.has(function)
          ? null
          : new IntegerBinary(workers, count(operands), function, left, right);
    }
    if (operands.type(0) != TensorType.FLOAT32
        || operands.type(1) != TensorType.FLOAT32
        || !activation.isClamp()) {
      return null;
    }
    BroadcastRuns runs = runs(operands);
    return runs == null
        ? null
        : new FloatBinary(workers, function, runs, activation.min(), activation.max());
  }

  private static @Nullable BlockOperand block(int operand, Operands operands) {
    Shape output = operands.output(0).shape();
    return BlockOperand.of(operands.type(operand), operands.shape(operand), output);
  }

  private static int count(Operands operands) {
    return Math.toIntExact(operands.output(0).shape().elements());
  }

  /**
   * A comparison of floats or 32-bit integers.
   *
   * @param turned whether operand 1 is compared with operand 0
   */
  @Nullable Kernel comparison(Comparison.Relation relation, boolean turned, Operands operands) {
    TensorType type = operands.type(0);
    BlockOperand left = block(0, operands);
    BlockOperand right = block(1, operands);
    boolean numbers = type == TensorType.FLOAT32 || type == TensorType.INT32;
    return left == null || right == null || !numbers || type != operands.type(1)
        ? null
        : new Comparison(workers, count(operands), relation, turned, type, left, right);
  }

  /** A choice between elements of 32 bits. */
  @Nullable Kernel choice(Operands operands) {
    BlockOperand condition = block(0, operands);
    BlockOperand held = block(1, operands);
    BlockOperand other = block(2, operands);
    boolean fits =
        operands.type(0) == TensorType.BOOL
            && operands.type(1) == operands.type(2)
            && operands.type(1) != TensorType.BOOL;
    return condition == null || held == null || other == null || !fits
        ? null
        : new Choice(workers, count(operands), condition, held, other);
  }

  private static @Nullable BroadcastRuns runs(Operands operands) {
    return BroadcastRuns.of(operands.shape(0), operands.shape(1), operands.output(0).shape());
  }

  /** A sum, or a difference with the sign -1: of 8-bit numbers, or floats. */
  @Nullable Kernel sum(int sign, Activation activation, Operands operands) {
    TensorType type = operands.type(0);
    if (!FastKernels.isByte(type)) {
      return binary(sign == 1 ? Binary.ADD : Binary.SUB, activation, operands);
    }
    BroadcastRuns runs = runs(operands);
    boolean unsigned = type == TensorType.UINT8;
    return runs == null || type != operands.type(1)
        ? null
        : ByteBinary.sum(
            workers, runs, new ByteSum(operands, activation, sign, unsigned), unsigned);
  }

  /** A product of 8-bit numbers, or of floats. */
  @Nullable Kernel product(Mul op, Operands operands) {
    TensorType type = operands.type(0);
    if (!FastKernels.isByte(type)) {
      return binary(Binary.MUL, op.activation(), operands);
    }
    BroadcastRuns runs = runs(operands);
    int lanes = workers.lanes();
    return runs == null || type != operands.type(1)
        ? null
        : ByteBinary.product(
            workers,
            runs,
            new Rescaling(op.requantization(operands), 0, new int[lanes], lanes),
            operands.input(0).requireQuantization().zeroPointValue(),
            operands.input(1).requireQuantization().zeroPointValue(),
            type == TensorType.UINT8);
  }

  @Nullable Kernel pool(
      boolean average,
      int padding,
      int[] vertical,
      int[] horizontal,
      Activation activation,
      Operands operands) {
    if (operands.shape(0).rank() != 4 || !activation.isClamp()) {
      return null;
    }
    Shape output = operands.output(0).shape();
    Windows windows = Windows.of(padding, operands.shape(0), output, vertical, horizontal);
    TensorType type = operands.type(0);
    if (type == TensorType.FLOAT32) {
      return Pool.ofFloats(workers, windows, average, activation.min(), activation.max());
    }
    Quantization to = operands.output(0).quantization();
    if (!FastKernels.isByte(type) || to == null) {
      return null;
    }
    Activation.Bounds bounds = activation.quantizedBounds(type, to);
    return Pool.ofBytes(
        workers, windows, average, type == TensorType.UINT8, bounds.low(), bounds.high());
  }

  @Nullable Kernel reduction(Reduction.Kind kind, Operands operands) {
    Tensor axes = operands.hasInput(1) ? operands.input(1).known() : null;
    return axes == null || operands.type(0) != TensorType.FLOAT32
        ? null
        : Reduction.of(workers, kind, operands.shape(0), axes.toLongs());
  }

  @Nullable Kernel mean(Mean op, Operands operands) {
    Tensor axes = operands.hasInput(1) ? operands.input(1).known() : null;
    if (axes == null || !FastKernels.isByte(operands.type(0))) {
      return reduction(Reduction.Kind.MEAN, operands);
    }
    int[] extents = Reduction.extents(operands.shape(0), axes.toLongs());
    if (extents == null || extents[1] > ByteMean.MAX_REDUCED) {
      return null;
    }
    return new ByteMean(
        workers,
        new QuantizedMean(
            operands, extents[1], op.averagesPicture(operands.shape(0), axes.toLongs())),
        operands.type(0) == TensorType.UINT8,
        extents);
  }

  /** Moves elements, where the other operands are constant. */
  @Nullable Kernel rearrangement(Rearranging op, Operands operands) {
    for (int i = 1; i < operands.inputCount(); i++) {
      if (operands.knownIntegers(i) == null) {
        return null;
      }
    }
    Walk walk =
        op.walk(
            operands.shape(0),
            operands.output(0).shape(),
            i -> Objects.requireNonNull(operands.knownIntegers(i)));
    return StridedCopy.of(workers, walk, operands);
  }

  /** A rim of zeros, of the zero point, or of operand 2. */
  @Nullable Kernel padding(Operands operands) {
    long[] rims = operands.knownIntegers(1);
    TensorType type = operands.type(0);
    if (rims == null || type.bits() < 8) {
      return null;
    }
    long[] before = new long[rims.length / 2];
    for (int i = 0; i < before.length; i++) {
      before[i] = rims[2 * i];
    }
    Tensor rim = Tensor.allocate(type);
    if (operands.hasInput(2)) {
      rim = operands.input(2).known();
    } else if (operands.output(0).isQuantized()) {
      rim.setInteger(0, operands.output(0).requireQuantization().zeroPointValue());
    }
    return rim == null || rim.type() != type
        ? null
        : StridedCopy.padding(workers, operands, before, rim.data().toArray(Tensor.BYTE));
  }

  /** Moves rows; see {@link MappedRows}. */
  @Nullable Kernel rows(Op op, int axes, Operands operands) {
    try {
      return MappedRows.of(workers, op, axes, operands);
    } catch (OperandException | IndexOutOfBoundsException e) {
      // Contents that make no sense: the reference kernel says so when it runs.
      return null;
    }
  }

  /** A rim that mirrors: the axes behind the last one that has a rim stay as they are. */
  @Nullable Kernel mirror(MirrorPad op, Operands operands) {
    long[] rims = operands.knownIntegers(1);
    if (rims == null) {
      return null;
    }
    int axes = rims.length / 2;
    while (axes > 0 && rims[2 * axes - 1] == 0 && rims[2 * axes - 2] == 0) {
      axes--;
    }
    return rows(op, axes, operands);
  }

  @Nullable Kernel resize(ResizeBilinear op, Operands operands) {
    TensorType type = operands.type(0);
    boolean known = type == TensorType.FLOAT32 || FastKernels.isByte(type);
    return known && operands.shape(0).elements() > 0
        ? new BilinearResize(workers, op, operands)
        : null;
  }

  /** Bytes made floats are looked up. */
  @Nullable Kernel cast(Op op, Operands operands) {
    TensorType to = operands.output(0).type();
    BlockOperand input = block(0, operands);
    if (input != null && NumberCast.has(operands.type(0), to)) {
      return new NumberCast(workers, count(operands), operands.type(0), to, input);
    }
    return FastKernels.isByte(operands.type(0)) && operands.output(0).type() == TensorType.FLOAT32
        ? new Table(workers, op, operands)
        : null;
  }

  /** A power whose exponent is 2. */
  @Nullable Kernel power(Operands operands) {
    Tensor exponent = operands.input(1).known();
    return operands.type(0) == TensorType.FLOAT32
            && exponent != null
            && exponent.elements() == 1
            && exponent.getFloat(0) == 2
            && operands.shape(0).equals(operands.output(0).shape())
        ? FloatUnary.of(workers, Unary.SQUARE)
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
      return ShortSoftmax.isFaster(rows(shape), length(shape))
          ? new ShortSoftmax(workers, op.beta(), rows(shape), length(shape))
          : RowNormalization.softmax(workers, op.beta(), rows(shape), length(shape));
    }
    return FastKernels.isByte(type) && operands.output(0).type() == type
        ? new ByteSoftmax(
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
    int[] extents = extents(operands);
    TensorType type = operands.type(0);
    TensorType to = operands.output(0).type();
    return extents != null
            && (type == TensorType.FLOAT32 || FastKernels.isByte(type))
            && (to == TensorType.INT32 || to == TensorType.INT64)
        ? new ExtremePlaces(workers, type, least, extents)
        : null;
  }

  @Nullable Kernel runningSum(Cumsum op, Operands operands) {
    int[] extents = extents(operands);
    return extents != null && operands.type(0) == TensorType.FLOAT32
        ? new RunningSum(workers, op, extents)
        : null;
  }

  /**
   * The extents before, along and behind the axis that operand 1 is; null where that is not one
   * known axis of the input, or there are no elements.
   */
  private static int @Nullable [] extents(Operands operands) {
    Shape shape = operands.shape(0);
    long[] axes = operands.knownIntegers(1);
    if (axes == null || axes.length != 1 || shape.elements() == 0) {
      return null;
    }
    long axis = axes[0] < 0 ? axes[0] + shape.rank() : axes[0];
    if (axis < 0 || axis >= shape.rank()) {
      return null;
    }
    int[] extents = {1, 1, 1};
    for (int i = 0; i < shape.rank(); i++) {
      extents[i < axis ? 0 : i == axis ? 1 : 2] *= shape.dim(i);
    }
    return extents;
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
        ? new ResponseNormalization(workers, op, rows(shape), length(shape))
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
    return k > TopRows.MAX_COUNT || k > length
        ? null
        : new TopRows(workers, Math.toIntExact(in.elements() / length), length, k);
  }
}
