package dev.whittle.runtime.kernel;

import dev.whittle.ir.Op;
import dev.whittle.ir.Operands;
import dev.whittle.ir.Shape;
import dev.whittle.ir.TensorType;
import dev.whittle.ir.kernel.Kernel;
import dev.whittle.ir.kernel.Tensor;
import dev.whittle.ir.op.Activation;
import dev.whittle.ir.op.Conv2D;
import dev.whittle.ir.op.DepthwiseConv2D;
import dev.whittle.ir.op.FullyConnected;
import java.util.Arrays;
import jdk.incubator.vector.FloatVector;
import org.jspecify.annotations.Nullable;

/**
 * Chooses fast kernels where there are some: float convolutions and dense layers with constant
 * weights. Sums are in another order than in the reference kernels, so that results differ in their
 * last bits. One for each session: its kernels share scratch space.
 */
public final class FastKernels {
  private final Scratch scratch = new Scratch();

  /** A fast kernel; null where only the reference kernel will do. */
  public @Nullable Kernel kernel(Op op, Operands operands) {
    if (operands.inputCount() < 2 || !operands.hasInput(0) || !operands.hasInput(1)) {
      return null;
    }
    if (operands.type(0) == TensorType.INT8) {
      return new IntegerKernels(scratch).kernel(op, operands);
    }
    if (operands.type(0) != TensorType.FLOAT32) {
      return null;
    }
    return switch (op) {
      case Conv2D conv -> convolution(conv, operands);
      case DepthwiseConv2D conv -> depthwise(conv, operands);
      case FullyConnected dense -> dense(dense, operands);
      default -> null;
    };
  }

  private static boolean isClamp(Activation activation) {
    return switch (activation) {
      case NONE, RELU, RELU6, RELU_N1_TO_1 -> true;
      case TANH, SIGN_BIT -> false;
    };
  }

  private static float @Nullable [] floats(Operands operands, int input) {
    Tensor known = operands.input(input).known();
    return known == null || known.type() != TensorType.FLOAT32 ? null : known.toFloats();
  }

  /** Whether each filter reads all channels of known pictures, or one each where depthwise. */
  static boolean isPlain(Operands operands, Activation activation) {
    Shape input = operands.shape(0);
    return isClamp(activation)
        && input.isStatic()
        && input.rank() == 4
        && input.dim(3) == operands.shape(1).dim(3);
  }

  /** The bias, nothing if there is none; null if it is not constant. */
  private static float @Nullable [] bias(Operands operands) {
    return operands.hasInput(2) ? floats(operands, 2) : new float[0];
  }

  private @Nullable Kernel convolution(Conv2D conv, Operands operands) {
    float[] weights = floats(operands, 1);
    float[] bias = bias(operands);
    Shape filter = operands.shape(1);
    if (weights == null || bias == null || !isPlain(operands, conv.activation())) {
      return null;
    }
    PackedMatrix matrix = PackedMatrix.of(weights, bias, filter.dim(0));
    int depth = filter.dim(3);
    Strides strides = Strides.of(conv);
    int[][] offsets = new int[1][];
    float min = conv.activation().min();
    float max = conv.activation().max();
    return invocation -> {
      Tensor in = invocation.input(0);
      Tensor out = invocation.output(0);
      if (offsets[0] == null) {
        offsets[0] = strides.offsets(in, filter, out);
      }
      int rows = out.dim(0) * out.dim(1) * out.dim(2);
      float[] numbers = scratch.input(in, depth);
      matrix.multiply(numbers, offsets[0], depth, 0, rows, scratch.output(out), min, max);
      scratch.store(out);
    };
  }

  private @Nullable Kernel dense(FullyConnected dense, Operands operands) {
    float[] weights = floats(operands, 1);
    float[] bias = bias(operands);
    Shape shape = operands.shape(1);
    if (weights == null
        || bias == null
        || dense.weightsFormat() != 0
        || !isClamp(dense.activation())) {
      return null;
    }
    int channels = shape.dim(0);
    int depth = shape.dim(1);
    PackedMatrix matrix = PackedMatrix.of(weights, bias, channels);
    float min = dense.activation().min();
    float max = dense.activation().max();
    return invocation -> {
      Tensor out = invocation.output(0);
      int rows = channels == 0 ? 0 : Math.toIntExact(out.elements() / channels);
      int[] offsets = new int[rows];
      Arrays.setAll(offsets, row -> row * depth);
      float[] numbers = scratch.input(invocation.input(0), 0);
      matrix.multiply(numbers, offsets, depth, 0, rows, scratch.output(out), min, max);
      scratch.store(out);
    };
  }

  private @Nullable Kernel depthwise(DepthwiseConv2D conv, Operands operands) {
    float[] weights = floats(operands, 1);
    float[] bias = bias(operands);
    Shape filter = operands.shape(1);
    if (weights == null || bias == null || !isPlain(operands, conv.activation())) {
      return null;
    }
    int channels = filter.dim(3);
    Strides strides = Strides.of(conv);
    int[][] offsets = new int[1][];
    return invocation -> {
      Tensor in = invocation.input(0);
      Tensor out = invocation.output(0);
      if (offsets[0] == null) {
        offsets[0] = strides.offsets(in, filter, out);
      }
      float[] numbers = scratch.input(in, channels);
      float[] results = scratch.output(out);
      int taps = filter.dim(1) * filter.dim(2);
      int rows = out.dim(0) * out.dim(1) * out.dim(2);
      for (int row = 0; row < rows; row++) {
        place(numbers, offsets[0], row, taps, weights, bias, channels, conv.activation(), results);
      }
      scratch.store(out);
    };
  }

  /** All channels of one output place of a depthwise convolution. */
  static void place(
      float[] input,
      int[] offsets,
      int row,
      int taps,
      float[] weights,
      float[] bias,
      int channels,
      Activation activation,
      float[] output) {
    int lanes = PackedMatrix.LANES;
    float min = activation.min();
    float max = activation.max();
    int c = 0;
    for (; c + lanes <= channels; c += lanes) {
      FloatVector sum =
          bias.length == 0
              ? FloatVector.zero(PackedMatrix.SPECIES)
              : FloatVector.fromArray(PackedMatrix.SPECIES, bias, c);
      for (int tap = 0; tap < taps; tap++) {
        FloatVector x =
            FloatVector.fromArray(PackedMatrix.SPECIES, input, offsets[row * taps + tap] + c);
        FloatVector w = FloatVector.fromArray(PackedMatrix.SPECIES, weights, tap * channels + c);
        sum = x.fma(w, sum);
      }
      sum.max(min).min(max).intoArray(output, row * channels + c);
    }
    for (; c < channels; c++) {
      float sum = bias.length == 0 ? 0 : bias[c];
      for (int tap = 0; tap < taps; tap++) {
        sum += input[offsets[row * taps + tap] + c] * weights[tap * channels + c];
      }
      output[row * channels + c] = Math.min(Math.max(sum, min), max);
    }
  }
}
