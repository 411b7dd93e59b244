package dev.whittle.runtime.kernel;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.whittle.ir.Model;
import dev.whittle.ir.Op;
import dev.whittle.ir.Quantization;
import dev.whittle.ir.TensorType;
import dev.whittle.ir.Value;
import dev.whittle.ir.kernel.Tensor;
import dev.whittle.ir.op.Activation;
import dev.whittle.ir.op.Concatenation;
import dev.whittle.ir.op.Conv2D;
import dev.whittle.ir.op.MaxPool2D;
import dev.whittle.ir.op.Pad;
import dev.whittle.runtime.FastEngine;
import dev.whittle.runtime.Interpreter;
import dev.whittle.runtime.InterpreterOptions;
import dev.whittle.runtime.ReferenceEngine;
import java.util.SplittableRandom;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

class WinogradTest {
  private static final long SEED = KernelCase.SEED;
  private static final Quantization INPUT = Quantization.perTensor(0.021f, 5);
  private static final Quantization OUTPUT = Quantization.perTensor(0.0527f, 3);

  private final SplittableRandom random = new SplittableRandom(SEED);

  enum Numbers {
    FLOATS,
    BYTES,
    UNSIGNED_BYTES,
    QUANTIZED_FLOATS,
    ASYMMETRICALLY_QUANTIZED_FLOATS
  }

  /** A convolution, perhaps of a padded picture, perhaps to a part of the output's channels. */
  private Value convolution(KernelCase built, Numbers numbers) {
    int channels = random.nextInt(48, 70);
    int columns = random.nextInt(48, 80);
    int[] extents = {
      random.nextInt(1, 3), random.nextInt(14, 20), random.nextInt(14, 20), channels
    };
    Value input =
        switch (numbers) {
          case BYTES -> built.bytes(INPUT, extents);
          case UNSIGNED_BYTES -> built.unsigned(INPUT, extents);
          default -> built.floats(extents);
        };
    boolean quantized = input.quantization() != null;
    int padding = random.nextInt(2);
    if (padding == 1) {
      int[] rims = random.ints(4, 0, 3).toArray();
      Value pairs = built.pairs(0, 0, rims[0], rims[1], rims[2], rims[3], 0, 0);
      input =
          quantized
              ? built.quantized(input.type(), INPUT, new Pad(), input, pairs)
              : built.node(new Pad(), input, pairs);
    }
    Value filter =
        switch (numbers) {
          case FLOATS -> built.weights(columns, 3, 3, channels);
          case UNSIGNED_BYTES -> built.storedUnsigned(columns, 3, 3, channels);
          case QUANTIZED_FLOATS -> built.stored(-1, columns, 3, 3, channels);
          default -> built.stored(0, columns, 3, 3, channels);
        };
    Value bias = quantized ? built.bias(columns) : built.weights(columns);
    Activation[] clamps = {Activation.NONE, Activation.RELU, Activation.RELU6};
    Activation clamp = clamps[random.nextInt(clamps.length)];
    var conv = new Conv2D(padding, 1, 1, clamp, 1, 1, TensorType.FLOAT32);
    Value output = node(built, conv, quantized, input, filter, bias);
    if (random.nextBoolean()) {
      var same = new MaxPool2D(1, 1, 1, 1, 1, Activation.NONE);
      Value other = node(built, same, quantized, output);
      output = node(built, new Concatenation(3, Activation.NONE), quantized, other, output);
    }
    return output;
  }

  private static Value node(KernelCase built, Op op, boolean quantized, Value... operands) {
    return quantized
        ? built.quantized(operands[0].type(), OUTPUT, op, operands)
        : built.node(op, operands);
  }

  private static Tensor runFast(Model model, String kernel, String label) {
    var options = InterpreterOptions.DEFAULT.withEngine(FastEngine.NAME).withThreads(2);
    try (Interpreter fast = Interpreter.of(model, options)) {
      fast.allocateTensors();
      assertTrue(fast.plan().stream().anyMatch(n -> n.kernel().equals(kernel)), label);
      KernelCase.fill(fast.getInputTensor(0), new SplittableRandom(SEED));
      fast.invoke();
      return KernelCase.copy(fast.getOutputTensor(0));
    }
  }

  @ParameterizedTest
  @EnumSource
  void tilesOfAnyExtentsRimsAndStripesGiveWhatTheReferenceKernelsGive(Numbers numbers) {
    for (int i = 0; i < 12; i++) {
      var built = new KernelCase();
      Model model = built.graph().output(convolution(built, numbers)).buildModel("test");
      String label = numbers + ", case " + i + ", seed " + SEED;
      Tensor expected = KernelCase.run("", model, ReferenceEngine.NAME, 1);
      String kernel = numbers == Numbers.FLOATS ? "FloatWinograd" : "SummedWinograd";
      Tensor actual = runFast(model, "fast: " + kernel, label);
      if (expected.type() == TensorType.FLOAT32) {
        assertArrayEquals(expected.toFloats(), actual.toFloats(), 1e-3f, label);
      } else {
        assertArrayEquals(expected.toLongs(), actual.toLongs(), label);
      }
    }
  }

  @Test
  void weightsWhoseSumsMayBeInexactAreMultipliedInParts() {
    var built = new KernelCase();
    Value input = built.bytes(INPUT, 1, 16, 16, 300);
    Value filter = built.stored(0, 32, 3, 3, 300);
    var conv = new Conv2D(0, 1, 1, Activation.NONE, 1, 1, TensorType.FLOAT32);
    Value output = built.quantized(OUTPUT, conv, input, filter, built.bias(32));
    Model model = built.graph().output(output).buildModel("test");
    Tensor expected = KernelCase.run("", model, ReferenceEngine.NAME, 1);
    Tensor actual = runFast(model, "fast: SummedProduct", "seed " + SEED);
    assertArrayEquals(expected.toLongs(), actual.toLongs(), "seed " + SEED);
  }
}
