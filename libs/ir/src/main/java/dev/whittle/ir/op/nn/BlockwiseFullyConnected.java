package dev.whittle.ir.op.nn;

import dev.whittle.ir.Operand;
import dev.whittle.ir.Operands;
import dev.whittle.ir.kernel.Invocation;
import dev.whittle.ir.kernel.Kernel;
import dev.whittle.ir.op.Activation;
import dev.whittle.ir.op.common.RowQuantizer;
import dev.whittle.ir.tensor.OperandException;
import dev.whittle.ir.tensor.Quantization;
import dev.whittle.ir.tensor.Tensor;
import dev.whittle.ir.tensor.TensorType;
import org.jspecify.annotations.Nullable;

/**
 * The kernel of {@link FullyConnected} for float input and constant 4-bit weights with a scale for
 * each block of each row. As in the native kernel, each row of the input is always quantized
 * asymmetrically, and scales have 16 bits. That kernel ignores zero points and the activation; here
 * zero points other than 0 are refused, and the activation is applied.
 */
final class BlockwiseFullyConnected implements Kernel {
  private final byte[] weights;
  private final float[] scales;
  private final int[] sums;
  private final int blockSize;
  private final Activation activation;
  private final RowQuantizer rowQuantizer = new RowQuantizer();

  private BlockwiseFullyConnected(
      byte[] weights, float[] scales, int blockSize, Activation activation) {
    this.weights = weights;
    this.scales = scales;
    this.sums = new int[scales.length];
    this.blockSize = blockSize;
    this.activation = activation;
    for (int i = 0; i < weights.length; i++) {
      sums[i / blockSize] += weights[i];
    }
  }

  static Kernel of(Operands operands, Quantization.Details.Blocks blocks, Activation activation) {
    Operand filter = operands.input(1);
    Tensor known = filter.known();
    Tensor scales = blocks.scales();
    if (operands.type(0) != TensorType.FLOAT32 || filter.type() != TensorType.INT4) {
      throw OperandException.unsupported(
          "no kernel for %s input and %s weights with a scale for each block",
          operands.type(0), filter.type());
    }
    if (known == null || scales == null || scales.type() != TensorType.FLOAT16) {
      throw OperandException.unsupported(
          "no kernel for weights with a scale for each block unless weights and FLOAT16 scales are"
              + " constants");
    }
    requireNoZeroPoints(blocks.zeroPoints());
    int in = known.dim(1);
    int size = blocks.blockSize();
    if (size < 1 || in % size != 0 || scales.elements() != known.elements() / size) {
      throw OperandException.invalid(
          "weights %s have %d scales for blocks of %d elements; expected one for each block",
          known.shape(), scales.elements(), size);
    }
    byte[] unpacked = new byte[Math.toIntExact(known.elements())];
    for (int i = 0; i < unpacked.length; i++) {
      unpacked[i] = (byte) known.getInteger(i);
    }
    float[] factors = new float[Math.toIntExact(scales.elements())];
    for (int i = 0; i < factors.length; i++) {
      factors[i] = (float) scales.getReal(i);
    }
    return new BlockwiseFullyConnected(unpacked, factors, size, activation);
  }

  private static void requireNoZeroPoints(@Nullable Tensor zeroPoints) {
    for (long i = 0; zeroPoints != null && i < zeroPoints.elements(); i++) {
      if (zeroPoints.getInteger(i) != 0) {
        throw OperandException.unsupported(
            "no kernel for weights whose blocks have zero points other than 0");
      }
    }
  }

  @Override
  public void run(Invocation invocation) {
    Tensor output = invocation.output(0);
    Tensor bias = invocation.hasInput(2) ? invocation.input(2) : null;
    int out = invocation.input(1).dim(0);
    int in = invocation.input(1).dim(1);
    long rows = out == 0 ? 0 : output.elements() / out;
    for (long row = 0; row < rows; row++) {
      rowQuantizer.quantize(invocation.input(0), row * in, in, true);
      for (int o = 0; o < out; o++) {
        float sum = product(o * in, in) + (bias == null ? 0 : bias.getFloat(o));
        output.setFloat(row * out + o, activation.apply(sum));
      }
    }
  }

  /** Returns the product of the quantized row and the row of weights that begins at an index. */
  private float product(int first, int in) {
    byte[] row = rowQuantizer.values();
    float sum = 0;
    for (int from = 0; from < in; from += blockSize) {
      int block = (first + from) / blockSize;
      int dot = 0;
      for (int i = from; i < from + blockSize; i++) {
        dot += row[i] * weights[first + i];
      }
      sum +=
          (dot - rowQuantizer.zeroPoint() * sums[block]) * (rowQuantizer.scale() * scales[block]);
    }
    return sum;
  }
}
