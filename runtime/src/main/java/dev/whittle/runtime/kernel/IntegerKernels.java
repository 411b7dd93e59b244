package dev.whittle.runtime.kernel;

import dev.whittle.ir.Op;
import dev.whittle.ir.Operands;
import dev.whittle.ir.Quantization;
import dev.whittle.ir.Shape;
import dev.whittle.ir.TensorType;
import dev.whittle.ir.kernel.Kernel;
import dev.whittle.ir.kernel.Tensor;
import dev.whittle.ir.op.Activation;
import dev.whittle.ir.op.Conv2D;
import dev.whittle.ir.op.DepthwiseConv2D;
import dev.whittle.ir.op.FullyConnected;
import dev.whittle.ir.op.Requantization;
import java.util.Arrays;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * Convolutions and dense layers of 8-bit numbers with constant weights, bit for bit as the
 * reference kernels: sums are exact, and become outputs by the same {@link Requantization}.
 */
final class IntegerKernels {
  /** Taps of a depthwise filter whose products are summed exactly. */
  private static final int MAX_TAPS = 512;

  private final Scratch scratch;
  private int[] sums = {};

  IntegerKernels(Scratch scratch) {
    this.scratch = scratch;
  }

  /** A fast kernel; null where only the reference kernel will do. */
  @Nullable Kernel kernel(Op op, Operands operands) {
    float[] weights = weights(operands);
    int[] bias = bias(operands);
    if (weights == null || bias == null || operands.output(0).type() != TensorType.INT8) {
      return null;
    }
    Shape filter = operands.shape(1);
    return switch (op) {
      case Conv2D conv when FastKernels.isPlain(operands, conv.activation()) ->
          convolution(
              new IntegerMatrix(
                  weights, filter.dim(0), filter.dim(1) * filter.dim(2), filter.dim(3)),
              Strides.of(conv),
              operands,
              bias,
              conv.requantization(operands));
      case DepthwiseConv2D conv
          when FastKernels.isPlain(operands, conv.activation())
              && filter.dim(1) * filter.dim(2) <= MAX_TAPS ->
          depthwise(weights, Strides.of(conv), operands, bias, conv.requantization(operands));
      case FullyConnected dense when dense.weightsFormat() == 0 ->
          dense(weights, operands, bias, dense.requantization(operands));
      default -> null;
    };
  }

  /** Constant weights with the zero point 0; null for others. */
  private static float @Nullable [] weights(Operands operands) {
    Tensor known = operands.input(1).known();
    Quantization quantization = operands.input(1).quantization();
    if (known == null
        || known.type() != TensorType.INT8
        || quantization == null
        || quantization.zeroPoint().stream().anyMatch(z -> z != 0)) {
      return null;
    }
    float[] weights = new float[Math.toIntExact(known.elements())];
    for (int i = 0; i < weights.length; i++) {
      weights[i] = known.getByte(i);
    }
    return weights;
  }

  /** The bias, nothing if there is none; null if it is not constant. */
  private static int @Nullable [] bias(Operands operands) {
    if (!operands.hasInput(2)) {
      return new int[0];
    }
    Tensor known = operands.input(2).known();
    return known == null || known.type() != TensorType.INT32
        ? null
        : Arrays.stream(known.toLongs()).mapToInt(b -> (int) b).toArray();
  }

  private static int zeroPoint(Operands operands) {
    return operands.input(0).requireQuantization().zeroPointValue();
  }

  private Kernel convolution(
      IntegerMatrix matrix,
      Strides strides,
      Operands operands,
      int[] bias,
      Requantization requantization) {
    Shape filter = operands.shape(1);
    int zero = zeroPoint(operands);
    List<List<int[]>> offsets = new java.util.ArrayList<>();
    return invocation -> {
      Tensor in = invocation.input(0);
      Tensor out = invocation.output(0);
      if (offsets.isEmpty()) {
        offsets.add(matrix.chunkOffsets(strides.offsets(in, filter, out)));
      }
      int rows = out.dim(0) * out.dim(1) * out.dim(2);
      reserve(out);
      matrix.multiply(scratch.shifted(in, zero, filter.dim(3)), offsets.getFirst(), rows, sums);
      store(out, filter.dim(0), bias, requantization);
    };
  }

  private Kernel dense(
      float[] weights, Operands operands, int[] bias, Requantization requantization) {
    int channels = operands.shape(1).dim(0);
    int depth = operands.shape(1).dim(1);
    int zero = zeroPoint(operands);
    var matrix = new IntegerMatrix(weights, channels, 1, depth);
    return invocation -> {
      Tensor out = invocation.output(0);
      int rows = channels == 0 ? 0 : Math.toIntExact(out.elements() / channels);
      int[] offsets = new int[rows];
      Arrays.setAll(offsets, row -> row * depth);
      reserve(out);
      matrix.multiply(
          scratch.shifted(invocation.input(0), zero, 0), matrix.chunkOffsets(offsets), rows, sums);
      store(out, channels, bias, requantization);
    };
  }

  private Kernel depthwise(
      float[] weights,
      Strides strides,
      Operands operands,
      int[] bias,
      Requantization requantization) {
    Shape filter = operands.shape(1);
    int channels = filter.dim(3);
    int taps = filter.dim(1) * filter.dim(2);
    int zero = zeroPoint(operands);
    int[][] offsets = new int[1][];
    return invocation -> {
      Tensor in = invocation.input(0);
      Tensor out = invocation.output(0);
      if (offsets[0] == null) {
        offsets[0] = strides.offsets(in, filter, out);
      }
      float[] numbers = scratch.shifted(in, zero, channels);
      float[] results = scratch.output(out);
      int rows = out.dim(0) * out.dim(1) * out.dim(2);
      for (int row = 0; row < rows; row++) {
        FastKernels.place(
            numbers,
            offsets[0],
            row,
            taps,
            weights,
            new float[0],
            channels,
            Activation.NONE,
            results);
      }
      reserve(out);
      for (int i = 0; i < rows * channels; i++) {
        sums[i] = (int) results[i];
      }
      store(out, channels, bias, requantization);
    };
  }

  private void reserve(Tensor out) {
    int size = Math.toIntExact(out.elements());
    if (sums.length < size) {
      sums = new int[size];
    }
  }

  private void store(Tensor out, int channels, int[] bias, Requantization requantization) {
    byte[] bytes = scratch.bytes(out);
    int size = Math.toIntExact(out.elements());
    int channel = 0;
    for (int i = 0; i < size; i++) {
      int sum = bias.length == 0 ? sums[i] : sums[i] + bias[channel];
      bytes[i] = (byte) requantization.apply(sum, channel);
      channel = channel + 1 == channels ? 0 : channel + 1;
    }
    scratch.storeBytes(out);
  }
}
