package dev.whittle.runtime.kernel;

import dev.whittle.ir.Op;
import dev.whittle.ir.Value;
import dev.whittle.ir.op.Activation;
import dev.whittle.ir.tensor.Quantization;
import dev.whittle.ir.tensor.TensorType;
import java.util.List;
import java.util.SplittableRandom;

/** An operator with random extents and options, of any numbers. */
record RandomOperator(KernelCase built, SplittableRandom random) {
  private static final Quantization INPUT = Quantization.perTensor(0.021f, 5);
  private static final Quantization OUTPUT = Quantization.perTensor(0.0527f, 3);

  /** The number types of an operator. */
  enum Numbers {
    FLOATS,
    BYTES,
    UNSIGNED_BYTES,
    SHORTS,
    HYBRID,
    HYBRID_BY_CHANNEL
  }

  int dimension() {
    int[] edges = {4, 8, 16, 32, 64, 96, 128};
    return switch (random.nextInt(4)) {
      case 0 -> random.nextInt(1, 6);
      case 1 -> random.nextInt(1, 150);
      default -> Math.max(1, edges[random.nextInt(edges.length)] + random.nextInt(-2, 14));
    };
  }

  int small(int end) {
    return random.nextInt(1, end);
  }

  boolean coin() {
    return random.nextBoolean();
  }

  Activation clamp() {
    return any(List.of(Activation.NONE, Activation.RELU, Activation.RELU6));
  }

  <T> T any(List<T> some) {
    return some.get(random.nextInt(some.size()));
  }

  Numbers numbers() {
    return any(List.of(Numbers.values()));
  }

  /** Of floats or whole numbers on both sides. */
  Numbers plain() {
    return any(List.of(Numbers.FLOATS, Numbers.BYTES, Numbers.UNSIGNED_BYTES, Numbers.SHORTS));
  }

  Value input(Numbers numbers, int... dims) {
    return switch (numbers) {
      case BYTES -> built.bytes(INPUT, dims);
      case UNSIGNED_BYTES -> built.unsigned(INPUT, dims);
      case SHORTS -> built.shorts(Quantization.perTensor(0.0002f, 0), dims);
      default -> built.floats(dims);
    };
  }

  Value filter(Numbers numbers, int axis, int... dims) {
    return switch (numbers) {
      case FLOATS -> built.weights(dims);
      case UNSIGNED_BYTES -> built.storedUnsigned(dims);
      case HYBRID -> built.stored(-1, dims);
      default -> built.stored(axis, dims);
    };
  }

  Value bias(Numbers numbers, int count) {
    return switch (numbers) {
      case BYTES, UNSIGNED_BYTES -> built.bias(count);
      case SHORTS -> built.wideBias(count);
      default -> built.weights(count);
    };
  }

  Value node(Numbers numbers, Op op, Value... operands) {
    return switch (numbers) {
      case BYTES -> built.quantized(TensorType.INT8, OUTPUT, op, operands);
      case UNSIGNED_BYTES -> built.quantized(TensorType.UINT8, OUTPUT, op, operands);
      case SHORTS ->
          built.quantized(TensorType.INT16, Quantization.perTensor(0.0004f, 0), op, operands);
      default -> built.node(op, operands);
    };
  }

  /** A node whose output is quantized as its input. */
  Value alike(Op op, Value... operands) {
    Quantization quantization = operands[0].quantization();
    return quantization == null
        ? built.node(op, operands)
        : built.quantized(operands[0].type(), quantization, op, operands);
  }
}
