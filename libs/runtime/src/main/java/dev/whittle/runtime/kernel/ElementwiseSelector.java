package dev.whittle.runtime.kernel;

import dev.whittle.ir.Op;
import dev.whittle.ir.Operands;
import dev.whittle.ir.kernel.Kernel;
import dev.whittle.ir.op.Activation;
import dev.whittle.ir.op.activation.Gelu;
import dev.whittle.ir.op.activation.LeakyRelu;
import dev.whittle.ir.op.math.Add;
import dev.whittle.ir.op.math.Div;
import dev.whittle.ir.op.math.Mul;
import dev.whittle.ir.op.math.QuantizedAdd;
import dev.whittle.ir.op.math.Sub;
import dev.whittle.ir.tensor.Quantization;
import dev.whittle.ir.tensor.Tensor;
import dev.whittle.ir.tensor.TensorType;
import dev.whittle.runtime.kernel.elementwise.AddNKernel;
import dev.whittle.runtime.kernel.elementwise.BinaryLookupTable;
import dev.whittle.runtime.kernel.elementwise.BlockOperand;
import dev.whittle.runtime.kernel.elementwise.BroadcastLoop;
import dev.whittle.runtime.kernel.elementwise.CastKernel;
import dev.whittle.runtime.kernel.elementwise.ComparisonKernel;
import dev.whittle.runtime.kernel.elementwise.ComparisonKernel.Relation;
import dev.whittle.runtime.kernel.elementwise.FloatBinaryKernel;
import dev.whittle.runtime.kernel.elementwise.FloatUnaryKernel;
import dev.whittle.runtime.kernel.elementwise.Int16AddKernel;
import dev.whittle.runtime.kernel.elementwise.Int16LookupTable;
import dev.whittle.runtime.kernel.elementwise.Int16MulKernel;
import dev.whittle.runtime.kernel.elementwise.Int16QuantizeKernel;
import dev.whittle.runtime.kernel.elementwise.Int32BinaryKernel;
import dev.whittle.runtime.kernel.elementwise.Int64BinaryKernel;
import dev.whittle.runtime.kernel.elementwise.Int8Arithmetic;
import dev.whittle.runtime.kernel.elementwise.Int8QuantizeKernel;
import dev.whittle.runtime.kernel.elementwise.LogicalKernel;
import dev.whittle.runtime.kernel.elementwise.LookupTable;
import dev.whittle.runtime.kernel.elementwise.SelectKernel;
import dev.whittle.runtime.kernel.execution.Workers;
import dev.whittle.runtime.kernel.simd.Clamp;
import dev.whittle.runtime.kernel.simd.Int8Addition;
import dev.whittle.runtime.kernel.simd.MicroKernels.Binary;
import dev.whittle.runtime.kernel.simd.MicroKernels.Unary;
import dev.whittle.runtime.kernel.simd.PackedRequantization;
import org.jspecify.annotations.Nullable;

/**
 * Chooses kernels for elementwise operators, whose operands may be broadcast. Functions of one
 * operand are computed for floats and looked up for quantized integers. Functions of two operands
 * are computed for floats, for 32- and 64-bit integers and for sums and products of quantized
 * integers; other functions of two 8-bit integers are looked up where the output is large enough to
 * pay for a table of all pairs.
 */
final class ElementwiseSelector implements OperatorSelector {
  private final Workers workers;

  ElementwiseSelector(Workers workers) {
    this.workers = workers;
  }

  @Override
  public @Nullable Kernel kernel(Op op, Operands operands) {
    return switch (op.type().name()) {
      case "ABS" -> unary(op, Unary.ABS, operands);
      case "CEIL" -> unary(op, Unary.CEIL, operands);
      case "FLOOR" -> unary(op, Unary.FLOOR, operands);
      case "ROUND" -> unary(op, Unary.ROUND, operands);
      case "SIGN" -> unary(op, Unary.SIGN, operands);
      case "ELU" -> unary(op, Unary.ELU, operands);
      case "EXP" -> unary(op, Unary.EXP, operands);
      case "GELU" ->
          unary(op, ((Gelu) op).approximate() ? Unary.GELU_BY_TANH : Unary.GELU, operands);
      case "HARD_SWISH" -> unary(op, Unary.HARD_SWISH, operands);
      case "LOG" -> unary(op, Unary.LOG, operands);
      case "LOGISTIC" -> unary(op, Unary.LOGISTIC, operands);
      case "NEG" -> unary(op, Unary.NEG, operands);
      case "RSQRT" -> unary(op, Unary.RSQRT, operands);
      case "SQRT" -> unary(op, Unary.SQRT, operands);
      case "SQUARE" -> unary(op, Unary.SQUARE, operands);
      case "TANH" -> unary(op, Unary.TANH, operands);
      case "POW" -> power(operands);
      case "LEAKY_RELU" -> leakyRelu((LeakyRelu) op, operands);
      case "RELU" -> clamp(op, 0, Float.POSITIVE_INFINITY, operands);
      case "RELU6" -> clamp(op, 0, 6, operands);
      case "RELU_N1_TO_1" -> clamp(op, -1, 1, operands);
      case "RELU_0_TO_1" -> clamp(op, 0, 1, operands);
      case "CAST" -> cast(operands);
      case "DEQUANTIZE" -> lookupTable(op, operands);
      case "QUANTIZE" -> quantize(op, operands);
      case "ADD" -> sum(op, 1, ((Add) op).activation(), operands);
      case "SUB" -> sum(op, -1, ((Sub) op).activation(), operands);
      case "MUL" -> product((Mul) op, operands);
      case "DIV" -> binary(op, Binary.DIV, ((Div) op).activation(), operands);
      case "MAXIMUM" -> binary(op, Binary.MAXIMUM, Activation.NONE, operands);
      case "MINIMUM" -> binary(op, Binary.MINIMUM, Activation.NONE, operands);
      case "PRELU" -> binary(op, Binary.PRELU, Activation.NONE, operands);
      case "SQUARED_DIFFERENCE" -> binary(op, Binary.SQUARED_DIFFERENCE, Activation.NONE, operands);
      case "ADD_N" -> addN(operands);
      case "LOGICAL_AND" -> logical(LogicalKernel.Function.AND, operands);
      case "LOGICAL_OR" -> logical(LogicalKernel.Function.OR, operands);
      case "LOGICAL_NOT" -> not(operands);
      case "EQUAL" -> comparison(op, Relation.EQUAL, false, operands);
      case "NOT_EQUAL" -> comparison(op, Relation.NOT_EQUAL, false, operands);
      case "LESS" -> comparison(op, Relation.LESS, false, operands);
      case "LESS_EQUAL" -> comparison(op, Relation.LESS_EQUAL, false, operands);
      case "GREATER" -> comparison(op, Relation.LESS, true, operands);
      case "GREATER_EQUAL" -> comparison(op, Relation.LESS_EQUAL, true, operands);
      case "SELECT_V2" -> select(operands);
      case "SELECT" ->
          operands.shape(0).equals(operands.output(0).shape()) ? select(operands) : null;
      default -> null;
    };
  }

  private @Nullable Kernel unary(Op op, Unary function, Operands operands) {
    return operands.type(0) == TensorType.FLOAT32
        ? FloatUnaryKernel.of(workers, function)
        : lookupTable(op, operands);
  }

  private @Nullable Kernel clamp(Op op, float min, float max, Operands operands) {
    return operands.type(0) == TensorType.FLOAT32
        ? FloatUnaryKernel.clamp(workers, min, max)
        : lookupTable(op, operands);
  }

  private @Nullable Kernel leakyRelu(LeakyRelu op, Operands operands) {
    return operands.type(0) == TensorType.FLOAT32
        ? FloatUnaryKernel.leakyRelu(workers, op.alpha())
        : lookupTable(op, operands);
  }

  /** Returns a lookup table for an 8-bit or 16-bit operand that is quantized per tensor. */
  private @Nullable Kernel lookupTable(Op op, Operands operands) {
    TensorType to = operands.output(0).type();
    if (operands.type(0) == TensorType.INT16) {
      BlockOperand[] blocks = blocks(1, operands);
      return blocks != null
              && Int16LookupTable.has(to)
              && count(operands) >= Int16LookupTable.MIN_COUNT
          ? Int16LookupTable.of(workers, count(operands), op, operands, blocks)
          : null;
    }
    boolean fits =
        KernelSelector.isByte(operands.type(0))
            && (KernelSelector.isByte(to) || to == TensorType.FLOAT32)
            && isPerTensor(operands.input(0).quantization())
            && (to == TensorType.FLOAT32 || isPerTensor(operands.output(0).quantization()));
    return fits ? LookupTable.of(workers, op, operands) : null;
  }

  private static boolean isPerTensor(@Nullable Quantization quantization) {
    return quantization != null && quantization.isQuantized() && !quantization.isPerAxis();
  }

  private @Nullable Kernel quantize(Op op, Operands operands) {
    Quantization to = operands.output(0).quantization();
    if (operands.type(0) != TensorType.FLOAT32) {
      return lookupTable(op, operands);
    }
    if (to == null || !isPerTensor(to)) {
      return null;
    }
    if (operands.output(0).type() == TensorType.INT16 && to.zeroPointValue() == 0) {
      BlockOperand[] blocks = blocks(1, operands);
      return blocks == null
          ? null
          : new Int16QuantizeKernel(workers, count(operands), to.scaleValue(), blocks[0]);
    }
    if (!KernelSelector.isByte(operands.output(0).type())) {
      return null;
    }
    Activation.Bounds bounds = Activation.Bounds.of(operands.output(0).type());
    int zeroPoint = to.zeroPointValue();
    if (zeroPoint < bounds.low() || zeroPoint > bounds.high()) {
      // The kernel clamps to the bounds less the zero point, which single precision may not hold.
      return null;
    }
    return new Int8QuantizeKernel(workers, to.scaleValue(), zeroPoint, bounds);
  }

  private @Nullable Kernel binary(
      Op op, Binary function, Activation activation, Operands operands) {
    TensorType type = operands.type(0);
    if (KernelSelector.isByte(type)) {
      return binaryLookupTable(op, operands);
    }
    if (type != operands.type(1) || !activation.isClamp()) {
      return null;
    }
    if (type == TensorType.INT32 || type == TensorType.INT64) {
      return activation == Activation.NONE ? integers(function, operands) : null;
    }
    BroadcastLoop loop = type == TensorType.FLOAT32 ? broadcastLoop(operands) : null;
    return loop == null
        ? null
        : new FloatBinaryKernel(workers, function, loop, Clamp.of(activation));
  }

  private @Nullable Kernel integers(Binary function, Operands operands) {
    BlockOperand[] blocks = blocks(2, operands);
    if (blocks == null || !Int32BinaryKernel.has(function)) {
      return null;
    }
    return operands.type(0) == TensorType.INT32
        ? new Int32BinaryKernel(workers, count(operands), function, blocks)
        : new Int64BinaryKernel(workers, count(operands), function, blocks);
  }

  /** Returns a lookup table for two 8-bit operands whose results are 8-bit integers or booleans. */
  private @Nullable Kernel binaryLookupTable(Op op, Operands operands) {
    TensorType to = operands.output(0).type();
    BlockOperand[] blocks = blocks(2, operands);
    boolean fits =
        KernelSelector.isByte(operands.type(1))
            && (KernelSelector.isByte(to) || to == TensorType.BOOL);
    return blocks == null || !fits || count(operands) < BinaryLookupTable.MIN_COUNT
        ? null
        : BinaryLookupTable.of(workers, count(operands), op, operands, blocks);
  }

  private @Nullable Kernel logical(LogicalKernel.Function function, Operands operands) {
    BlockOperand[] blocks = blocks(2, operands);
    return blocks == null || operands.type(1) != TensorType.BOOL
        ? null
        : new LogicalKernel(workers, count(operands), function, blocks);
  }

  private @Nullable Kernel not(Operands operands) {
    BlockOperand[] blocks = blocks(1, operands);
    return blocks == null || operands.type(0) != TensorType.BOOL
        ? null
        : new LogicalKernel(workers, count(operands), LogicalKernel.Function.NOT, blocks);
  }

  /** Returns the kernel for the sum of float tensors of one shape. */
  private @Nullable Kernel addN(Operands operands) {
    for (int i = 0; i < operands.inputCount(); i++) {
      if (operands.type(i) != TensorType.FLOAT32
          || !operands.shape(i).equals(operands.output(0).shape())) {
        return null;
      }
    }
    return new AddNKernel(workers, operands.inputCount(), count(operands));
  }

  /**
   * Returns the first {@code inputs} operands, to be read block by block, or null if one cannot be.
   */
  private static BlockOperand @Nullable [] blocks(int inputs, Operands operands) {
    BlockOperand[] blocks = new BlockOperand[inputs];
    for (int i = 0; i < inputs; i++) {
      BlockOperand block =
          BlockOperand.of(operands.type(i), operands.shape(i), operands.output(0).shape());
      if (block == null) {
        return null;
      }
      blocks[i] = block;
    }
    return blocks;
  }

  private static int count(Operands operands) {
    return Math.toIntExact(operands.output(0).shape().elements());
  }

  /**
   * Returns the kernel for a comparison of two numeric operands.
   *
   * @param swapped whether the relation is of operand 1 to operand 0
   */
  private @Nullable Kernel comparison(
      Op op, Relation relation, boolean swapped, Operands operands) {
    TensorType type = operands.type(0);
    if (KernelSelector.isByte(type)) {
      return binaryLookupTable(op, operands);
    }
    BlockOperand[] blocks = blocks(2, operands);
    return blocks == null || !ComparisonKernel.has(type) || type != operands.type(1)
        ? null
        : new ComparisonKernel(workers, count(operands), relation, swapped, type, blocks);
  }

  /** Returns the kernel for a choice between elements of 8, 16, 32 or 64 bits. */
  private @Nullable Kernel select(Operands operands) {
    BlockOperand[] blocks = blocks(3, operands);
    TensorType type = operands.type(1);
    boolean fits = operands.type(0) == TensorType.BOOL && type == operands.type(2);
    return blocks == null || !fits
        ? null
        : new SelectKernel(workers, count(operands), type.bits(), blocks);
  }

  private static @Nullable BroadcastLoop broadcastLoop(Operands operands) {
    return BroadcastLoop.of(operands.shape(0), operands.shape(1), operands.output(0).shape());
  }

  /**
   * Returns the kernel for a sum or a difference.
   *
   * @param sign 1 to add operand 1, -1 to subtract it
   */
  private @Nullable Kernel sum(Op op, int sign, Activation activation, Operands operands) {
    TensorType type = operands.type(0);
    if (type == TensorType.INT16) {
      return int16Sum(op, sign, activation, operands);
    }
    if (!KernelSelector.isByte(type)) {
      return binary(op, sign == 1 ? Binary.ADD : Binary.SUB, activation, operands);
    }
    BroadcastLoop loop = broadcastLoop(operands);
    boolean unsigned = type == TensorType.UINT8;
    return loop == null || type != operands.type(1)
        ? null
        : Int8Arithmetic.sum(
            workers, loop, new Int8Addition(operands, activation, sign, unsigned), unsigned);
  }

  /**
   * Returns the kernel for a sum of 16-bit integers. Older models scale theirs by powers of two,
   * which TensorFlow Lite computes by shifts, with other roundings.
   */
  private @Nullable Kernel int16Sum(Op op, int sign, Activation activation, Operands operands) {
    boolean declaresShifts =
        op instanceof Add add
            ? add.powerOfTwoScales()
            : op instanceof Sub sub && sub.powerOfTwoScales();
    BlockOperand[] blocks = blocks(2, operands);
    boolean shifts = declaresShifts && QuantizedAdd.hasPowerOfTwoScales(operands);
    return shifts || blocks == null || !areQuantizedInt16(operands)
        ? null
        : new Int16AddKernel(
            workers, count(operands), new QuantizedAdd(operands, activation, sign), blocks);
  }

  private static boolean areQuantizedInt16(Operands operands) {
    return operands.type(1) == TensorType.INT16 && operands.input(0).isQuantized();
  }

  private @Nullable Kernel int16Product(Mul op, Operands operands) {
    BlockOperand[] blocks = blocks(2, operands);
    return blocks == null || !areQuantizedInt16(operands)
        ? null
        : new Int16MulKernel(
            workers,
            count(operands),
            op.requantization(operands),
            operands.input(0).requireQuantization().zeroPointValue(),
            operands.input(1).requireQuantization().zeroPointValue(),
            blocks);
  }

  private @Nullable Kernel product(Mul op, Operands operands) {
    TensorType type = operands.type(0);
    if (type == TensorType.INT16) {
      return int16Product(op, operands);
    }
    if (!KernelSelector.isByte(type)) {
      return binary(op, Binary.MUL, op.activation(), operands);
    }
    BroadcastLoop loop = broadcastLoop(operands);
    int lanes = workers.lanes();
    return loop == null || type != operands.type(1)
        ? null
        : Int8Arithmetic.product(
            workers,
            loop,
            new PackedRequantization(op.requantization(operands), 0, new int[lanes], lanes),
            operands.input(0).requireQuantization().zeroPointValue(),
            operands.input(1).requireQuantization().zeroPointValue(),
            type == TensorType.UINT8);
  }

  private @Nullable Kernel cast(Operands operands) {
    TensorType to = operands.output(0).type();
    BlockOperand[] blocks = blocks(1, operands);
    return blocks != null && CastKernel.has(operands.type(0), to)
        ? new CastKernel(workers, count(operands), operands.type(0), to, blocks)
        : null;
  }

  /** Returns the kernel for a power of constant exponent 2. */
  private @Nullable Kernel power(Operands operands) {
    Tensor exponent = operands.input(1).known();
    return operands.type(0) == TensorType.FLOAT32
            && exponent != null
            && exponent.elements() == 1
            && exponent.getFloat(0) == 2
            && operands.shape(0).equals(operands.output(0).shape())
        ? FloatUnaryKernel.of(workers, Unary.SQUARE)
        : null;
  }
}
