package dev.whittle.runtime.kernel;

import dev.whittle.ir.Op;
import dev.whittle.ir.Operands;
import dev.whittle.ir.kernel.Kernel;
import dev.whittle.ir.op.Activation;
import dev.whittle.ir.op.math.Add;
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
import dev.whittle.runtime.kernel.simd.Int8Addition;
import dev.whittle.runtime.kernel.simd.MicroKernels.Binary;
import dev.whittle.runtime.kernel.simd.MicroKernels.Unary;
import dev.whittle.runtime.kernel.simd.PackedRequantization;
import org.jspecify.annotations.Nullable;

/**
 * Chooses kernels for operators that compute each element by itself, from elements of operands that
 * may be broadcast.
 */
final class ElementwiseSelector {
  private final Workers workers;

  ElementwiseSelector(Workers workers) {
    this.workers = workers;
  }

  /** Functions of one operand: of floats computed, of 8-bit numbers looked up. */
  @Nullable Kernel unary(Op op, Unary function, Operands operands) {
    return operands.type(0) == TensorType.FLOAT32
        ? FloatUnaryKernel.of(workers, function)
        : table(op, operands);
  }

  @Nullable Kernel clamp(Op op, float min, float max, Operands operands) {
    return operands.type(0) == TensorType.FLOAT32
        ? FloatUnaryKernel.clamp(workers, min, max)
        : table(op, operands);
  }

  @Nullable Kernel leakyRelu(Op op, float alpha, Operands operands) {
    return operands.type(0) == TensorType.FLOAT32
        ? FloatUnaryKernel.leaky(workers, alpha)
        : table(op, operands);
  }

  /** A table, of 8-bit or 16-bit operands that have one scale. */
  @Nullable Kernel table(Op op, Operands operands) {
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
            && hasOneScale(operands.input(0).quantization())
            && (to == TensorType.FLOAT32 || hasOneScale(operands.output(0).quantization()));
    return fits ? LookupTable.of(workers, op, operands) : null;
  }

  private static boolean hasOneScale(@Nullable Quantization quantization) {
    return quantization != null && quantization.isQuantized() && !quantization.isPerAxis();
  }

  @Nullable Kernel quantize(Op op, Operands operands) {
    Quantization to = operands.output(0).quantization();
    if (operands.type(0) != TensorType.FLOAT32) {
      return table(op, operands);
    }
    if (to == null || !hasOneScale(to)) {
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
      // Single precision may not do for the distance to such a zero point.
      return null;
    }
    return new Int8QuantizeKernel(workers, to.scaleValue(), zeroPoint, bounds.low(), bounds.high());
  }

  @Nullable Kernel binary(Op op, Binary function, Activation activation, Operands operands) {
    TensorType type = operands.type(0);
    if (KernelSelector.isByte(type)) {
      return pairTable(op, operands);
    }
    if (type != operands.type(1) || !activation.isClamp()) {
      return null;
    }
    if (type == TensorType.INT32 || type == TensorType.INT64) {
      return activation == Activation.NONE ? integers(function, operands) : null;
    }
    BroadcastLoop runs = type == TensorType.FLOAT32 ? runs(operands) : null;
    return runs == null
        ? null
        : new FloatBinaryKernel(workers, function, runs, activation.min(), activation.max());
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

  /** A function of two 8-bit operands that gives bytes. */
  private @Nullable Kernel pairTable(Op op, Operands operands) {
    TensorType to = operands.output(0).type();
    BlockOperand[] blocks = blocks(2, operands);
    boolean fits =
        KernelSelector.isByte(operands.type(1))
            && (KernelSelector.isByte(to) || to == TensorType.BOOL);
    return blocks == null || !fits || count(operands) < BinaryLookupTable.MIN_COUNT
        ? null
        : BinaryLookupTable.of(workers, count(operands), op, operands, blocks);
  }

  /** A function of truth values. */
  @Nullable Kernel logical(LogicalKernel.Function function, Operands operands) {
    BlockOperand[] blocks = blocks(2, operands);
    return blocks == null || operands.type(1) != TensorType.BOOL
        ? null
        : new LogicalKernel(workers, count(operands), function, blocks);
  }

  @Nullable Kernel not(Operands operands) {
    BlockOperand[] blocks = blocks(1, operands);
    return blocks == null || operands.type(0) != TensorType.BOOL
        ? null
        : new LogicalKernel(workers, count(operands), LogicalKernel.Function.NOT, blocks);
  }

  /** The sum of some floats of one shape. */
  @Nullable Kernel sums(Operands operands) {
    for (int i = 0; i < operands.inputCount(); i++) {
      if (operands.type(i) != TensorType.FLOAT32
          || !operands.shape(i).equals(operands.output(0).shape())) {
        return null;
      }
    }
    return new AddNKernel(workers, operands.inputCount(), count(operands));
  }

  /** The first operands, to be read block by block; null if one of them cannot be. */
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
   * A comparison of numbers.
   *
   * @param turned whether operand 1 is compared with operand 0
   */
  @Nullable Kernel comparison(
      Op op, ComparisonKernel.Relation relation, boolean turned, Operands operands) {
    TensorType type = operands.type(0);
    if (KernelSelector.isByte(type)) {
      return pairTable(op, operands);
    }
    BlockOperand[] blocks = blocks(2, operands);
    return blocks == null || !ComparisonKernel.has(type) || type != operands.type(1)
        ? null
        : new ComparisonKernel(workers, count(operands), relation, turned, type, blocks);
  }

  /** A choice between elements of 8 to 64 bits. */
  @Nullable Kernel choice(Operands operands) {
    BlockOperand[] blocks = blocks(3, operands);
    TensorType type = operands.type(1);
    boolean fits = operands.type(0) == TensorType.BOOL && type == operands.type(2);
    return blocks == null || !fits
        ? null
        : new SelectKernel(workers, count(operands), type.bits(), blocks);
  }

  private static @Nullable BroadcastLoop runs(Operands operands) {
    return BroadcastLoop.of(operands.shape(0), operands.shape(1), operands.output(0).shape());
  }

  /** A sum, or a difference with the sign -1: of quantized numbers, or others. */
  @Nullable Kernel sum(Op op, int sign, Activation activation, Operands operands) {
    TensorType type = operands.type(0);
    if (type == TensorType.INT16) {
      return shortSum(op, sign, activation, operands);
    }
    if (!KernelSelector.isByte(type)) {
      return binary(op, sign == 1 ? Binary.ADD : Binary.SUB, activation, operands);
    }
    BroadcastLoop runs = runs(operands);
    boolean unsigned = type == TensorType.UINT8;
    return runs == null || type != operands.type(1)
        ? null
        : Int8Arithmetic.sum(
            workers, runs, new Int8Addition(operands, activation, sign, unsigned), unsigned);
  }

  /** A sum of 16-bit numbers, which are not shifted as some models' are. */
  private @Nullable Kernel shortSum(Op op, int sign, Activation activation, Operands operands) {
    boolean shifted =
        op instanceof Add add
            ? add.powerOfTwoScales()
            : op instanceof Sub sub && sub.powerOfTwoScales();
    BlockOperand[] blocks = blocks(2, operands);
    boolean other = shifted && QuantizedAdd.hasPowerOfTwoScales(operands);
    return other || blocks == null || operands.type(1) != TensorType.INT16
        ? null
        : new Int16AddKernel(
            workers, count(operands), new QuantizedAdd(operands, activation, sign), blocks);
  }

  private @Nullable Kernel shortProduct(Mul op, Operands operands) {
    BlockOperand[] blocks = blocks(2, operands);
    return blocks == null || operands.type(1) != TensorType.INT16
        ? null
        : new Int16MulKernel(
            workers,
            count(operands),
            op.requantization(operands),
            operands.input(0).requireQuantization().zeroPointValue(),
            operands.input(1).requireQuantization().zeroPointValue(),
            blocks);
  }

  /** A product of quantized numbers, or of floats. */
  @Nullable Kernel product(Mul op, Operands operands) {
    TensorType type = operands.type(0);
    if (type == TensorType.INT16) {
      return shortProduct(op, operands);
    }
    if (!KernelSelector.isByte(type)) {
      return binary(op, Binary.MUL, op.activation(), operands);
    }
    BroadcastLoop runs = runs(operands);
    int lanes = workers.lanes();
    return runs == null || type != operands.type(1)
        ? null
        : Int8Arithmetic.product(
            workers,
            runs,
            new PackedRequantization(op.requantization(operands), 0, new int[lanes], lanes),
            operands.input(0).requireQuantization().zeroPointValue(),
            operands.input(1).requireQuantization().zeroPointValue(),
            type == TensorType.UINT8);
  }

  @Nullable Kernel cast(Operands operands) {
    TensorType to = operands.output(0).type();
    BlockOperand[] blocks = blocks(1, operands);
    return blocks != null && CastKernel.has(operands.type(0), to)
        ? new CastKernel(workers, count(operands), operands.type(0), to, blocks)
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
        ? FloatUnaryKernel.of(workers, Unary.SQUARE)
        : null;
  }
}
