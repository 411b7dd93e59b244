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
import dev.whittle.ir.op.Add;
import dev.whittle.ir.op.Mean;
import dev.whittle.ir.op.MirrorPad;
import dev.whittle.ir.op.Mul;
import dev.whittle.ir.op.QuantizedMean;
import dev.whittle.ir.op.QuantizedSum;
import dev.whittle.ir.op.QuantizedTotal;
import dev.whittle.ir.op.Rearranging;
import dev.whittle.ir.op.ResizeBilinear;
import dev.whittle.ir.op.Softmax;
import dev.whittle.ir.op.Sub;
import dev.whittle.ir.op.TopKV2;
import dev.whittle.ir.op.Walk;
import dev.whittle.runtime.kernel.MicroKernels.Binary;
import dev.whittle.runtime.kernel.MicroKernels.Unary;
import java.util.Objects;
import java.util.function.IntFunction;
import java.util.function.LongToIntFunction;
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

  @Nullable Kernel clamp(Op op, float min, float max, Operands operands) {
    return operands.type(0) == TensorType.FLOAT32
        ? FloatUnary.clamp(workers, min, max)
        : table(op, operands);
  }

  @Nullable Kernel leakyRelu(Op op, float alpha, Operands operands) {
    return operands.type(0) == TensorType.FLOAT32
        ? FloatUnary.leaky(workers, alpha)
        : table(op, operands);
  }

  /** A table, of 8-bit or 16-bit operands that have one scale. */
  @Nullable Kernel table(Op op, Operands operands) {
    TensorType to = operands.output(0).type();
    if (operands.type(0) == TensorType.INT16) {
      return ShortTable.has(to) && count(operands) >= ShortTable.MIN_COUNT
          ? new ShortTable(workers, count(operands), op, operands)
          : null;
    }
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

  @Nullable Kernel binary(Op op, Binary function, Activation activation, Operands operands) {
    TensorType type = operands.type(0);
    if (FastKernels.isByte(type)) {
      return pairTable(op, operands);
    }
    if (type != operands.type(1) || !activation.isClamp()) {
      return null;
    }
    if (type == TensorType.INT32 || type == TensorType.INT64) {
      return activation == Activation.NONE ? integers(function, operands) : null;
    }
    BroadcastRuns runs = type == TensorType.FLOAT32 ? runs(operands) : null;
    return runs == null
        ? null
        : new FloatBinary(workers, function, runs, activation.min(), activation.max());
  }

  private @Nullable Kernel integers(Binary function, Operands operands) {
    BlockOperand left = block(0, operands);
    BlockOperand right = block(1, operands);
    if (left == null || right == null || !IntegerBinary.has(function)) {
      return null;
    }
    return operands.type(0) == TensorType.INT32
        ? new IntegerBinary(workers, count(operands), function, left, right)
        : new LongBinary(workers, count(operands), function, left, right);
  }

  /** A function of two 8-bit operands that gives bytes. */
  private @Nullable Kernel pairTable(Op op, Operands operands) {
    TensorType to = operands.output(0).type();
    BlockOperand left = block(0, operands);
    BlockOperand right = block(1, operands);
    boolean fits =
        FastKernels.isByte(operands.type(1)) && (FastKernels.isByte(to) || to == TensorType.BOOL);
    return left == null || right == null || !fits || count(operands) < PairTable.MIN_COUNT
        ? null
        : new PairTable(workers, count(operands), op, operands, left, right);
  }

  /** A function of truth values. */
  @Nullable Kernel logical(Logical.Function function, Operands operands) {
    BlockOperand left = block(0, operands);
    BlockOperand right = block(1, operands);
    return left == null || right == null || operands.type(1) != TensorType.BOOL
        ? null
        : Logical.of(workers, count(operands), function, left, right);
  }

  @Nullable Kernel not(Operands operands) {
    BlockOperand operand = block(0, operands);
    return operand == null || operands.type(0) != TensorType.BOOL
        ? null
        : Logical.not(workers, count(operands), operand);
  }

  /** The sum of some floats of one shape. */
  @Nullable Kernel sums(Operands operands) {
    for (int i = 0; i < operands.inputCount(); i++) {
      if (operands.type(i) != TensorType.FLOAT32
          || !operands.shape(i).equals(operands.output(0).shape())) {
        return null;
      }
    }
    return new FloatSums(workers, operands.inputCount(), count(operands));
  }

  private static @Nullable BlockOperand block(int operand, Operands operands) {
    Shape output = operands.output(0).shape();
    return BlockOperand.of(operands.type(operand), operands.shape(operand), output);
  }

  private static int count(Operands operands) {
    return Math.toIntExact(operands.output(0).shape().elements());
  }

  /**
   * A comparison of numbers.
   *
   * @param turned whether operand 1 is compared with operand 0
   */
  @Nullable Kernel comparison(
      Op op, Comparison.Relation relation, boolean turned, Operands operands) {
    TensorType type = operands.type(0);
    if (FastKernels.isByte(type)) {
      return pairTable(op, operands);
    }
    BlockOperand left = block(0, operands);
    BlockOperand right = block(1, operands);
    return left == null || right == null || !Comparison.has(type) || type != operands.type(1)
        ? null
        : new Comparison(workers, count(operands), relation, turned, type, left, right);
  }

  /** A choice between elements of 8, 32 or 64 bits. */
  @Nullable Kernel choice(Operands operands) {
    BlockOperand condition = block(0, operands);
    BlockOperand held = block(1, operands);
    BlockOperand other = block(2, operands);
    TensorType type = operands.type(1);
    boolean fits = operands.type(0) == TensorType.BOOL && type == operands.type(2);
    return condition == null || held == null || other == null || !fits
        ? null
        : new Choice(workers, count(operands), type.bits(), condition, held, other);
  }

  private static @Nullable BroadcastRuns runs(Operands operands) {
    return BroadcastRuns.of(operands.shape(0), operands.shape(1), operands.output(0).shape());
  }

  /** A sum, or a difference with the sign -1: of quantized numbers, or others. */
  @Nullable Kernel sum(Op op, int sign, Activation activation, Operands operands) {
    TensorType type = operands.type(0);
    if (type == TensorType.INT16) {
      return shortSum(op, sign, activation, operands);
    }
    if (!FastKernels.isByte(type)) {
      return binary(op, sign == 1 ? Binary.ADD : Binary.SUB, activation, operands);
    }
    BroadcastRuns runs = runs(operands);
    boolean unsigned = type == TensorType.UINT8;
    return runs == null || type != operands.type(1)
        ? null
        : ByteBinary.sum(
            workers, runs, new ByteSum(operands, activation, sign, unsigned), unsigned);
  }

  /** A sum of 16-bit numbers, which are not shifted as some models' are. */
  private @Nullable Kernel shortSum(Op op, int sign, Activation activation, Operands operands) {
    boolean shifted =
        op instanceof Add add
            ? add.powerOfTwoScales()
            : op instanceof Sub sub && sub.powerOfTwoScales();
    BlockOperand left = block(0, operands);
    BlockOperand right = block(1, operands);
    boolean other = shifted && QuantizedSum.hasPowerOfTwoScales(operands);
    return other || left == null || right == null || operands.type(1) != TensorType.INT16
        ? null
        : new ShortSum(
            workers, count(operands), new QuantizedSum(operands, activation, sign), left, right);
  }

  private @Nullable Kernel shortProduct(Mul op, Operands operands) {
    BlockOperand left = block(0, operands);
    BlockOperand right = block(1, operands);
    return left == null || right == null || operands.type(1) != TensorType.INT16
        ? null
        : new ShortProduct(
            workers,
            count(operands),
            op.requantization(operands),
            operands.input(0).requireQuantization().zeroPointValue(),
            operands.input(1).requireQuantization().zeroPointValue(),
            left,
            right);
  }

  /** A product of quantized numbers, or of floats. */
  @Nullable Kernel product(Mul op, Operands operands) {
    TensorType type = operands.type(0);
    if (type == TensorType.INT16) {
      return shortProduct(op, operands);
    }
    if (!FastKernels.isByte(type)) {
      return binary(op, Binary.MUL, op.activation(), operands);
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

  /**
   * A reduction of floats or 32-bit integers, or one of 8-bit numbers that is none of their values.
   *
   * @param whole the same of integers; null if they have none
   */
  @Nullable Kernel reduction(
      Reduction.Kind kind, IntegerReduction.@Nullable Kind whole, Operands operands) {
    Tensor axes = operands.hasInput(1) ? operands.input(1).known() : null;
    if (axes == null || operands.type(0) != operands.output(0).type()) {
      return null;
    }
    if (operands.type(0) == TensorType.FLOAT32) {
      return Reduction.of(workers, kind, operands.shape(0), axes.toLongs());
    }
    boolean known =
        operands.type(0) == TensorType.INT32
            || (FastKernels.isByte(operands.type(0)) && isExtreme(whole));
    return whole == null || !known
        ? null
        : integerReduction(whole, operands, axes, count -> sum -> (int) sum);
  }

  private static boolean isExtreme(IntegerReduction.@Nullable Kind kind) {
    return kind == IntegerReduction.Kind.MAXIMUM || kind == IntegerReduction.Kind.MINIMUM;
  }

  /** Whether any truth value is true, which is the greatest, or all are, which is the least. */
  @Nullable Kernel truth(IntegerReduction.Kind kind, Operands operands) {
    Tensor axes = operands.input(1).known();
    return axes == null || operands.type(0) != TensorType.BOOL
        ? null
        : integerReduction(kind, operands, axes, count -> truth -> (int) truth);
  }

  /**
   * A reduction of integers.
   *
   * @param finish what becomes of the sum of a number of elements
   */
  private @Nullable Kernel integerReduction(
      IntegerReduction.Kind kind,
      Operands operands,
      Tensor axes,
      IntFunction<LongToIntFunction> finish) {
    TensorType type = operands.type(0);
    int[] extents = Reduction.extents(operands.shape(0), axes.toLongs());
    return extents == null || (type != TensorType.INT32 && extents[1] > IntegerReduction.MAX_BYTES)
        ? null
        : new IntegerReduction(workers, kind, type, extents, finish.apply(extents[1]));
  }

  @Nullable Kernel total(Operands operands) {
    Tensor axes = operands.hasInput(1) ? operands.input(1).known() : null;
    return axes != null && FastKernels.isByte(operands.type(0))
        ? integerReduction(
            IntegerReduction.Kind.SUM,
            operands,
            axes,
            count -> new QuantizedTotal(operands, count)::apply)
        : reduction(Reduction.Kind.SUM, IntegerReduction.Kind.SUM, operands);
  }

  @Nullable Kernel mean(Mean op, Operands operands) {
    Tensor axes = operands.hasInput(1) ? operands.input(1).known() : null;
    if (axes == null || !FastKernels.isByte(operands.type(0))) {
      return reduction(Reduction.Kind.MEAN, null, operands);
    }
    boolean picture = op.averagesPicture(operands.shape(0), axes.toLongs());
    return integerReduction(
        IntegerReduction.Kind.SUM,
        operands,
        axes,
        count -> new QuantizedMean(operands, count, picture)::apply);
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

  @Nullable Kernel cast(Operands operands) {
    TensorType to = operands.output(0).type();
    BlockOperand input = block(0, operands);
    return input != null && NumberCast.has(operands.type(0), to)
        ? new NumberCast(workers, count(operands), operands.type(0), to, input)
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
      return RowNormalization.softmax(workers, op.beta(), rows(shape), length(shape));
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

  @Nullable Kernel argMax(Operands operands) {
    Shape shape = operands.shape(0);
    long[] axis = operands.knownIntegers(1);
    TensorType type = operands.type(0);
    boolean last =
        axis != null
            && axis.length == 1
            && shape.rank() > 0
            && (axis[0] == -1 || axis[0] == shape.rank() - 1);
    return last
            && shape.elements() > 0
            && (type == TensorType.FLOAT32 || FastKernels.isByte(type))
            && operands.output(0).type().isInteger()
        ? new ArgMaxRows(workers, type, rows(shape), length(shape))
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
