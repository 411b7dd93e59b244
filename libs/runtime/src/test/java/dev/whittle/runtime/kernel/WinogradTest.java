package dev.whittle.runtime.kernel;

import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.whittle.ir.Model;
import dev.whittle.ir.Value;
import dev.whittle.ir.op.Activation;
import dev.whittle.ir.op.Padding;
import dev.whittle.ir.op.nn.Conv2D;
import dev.whittle.ir.op.nn.MaxPool2D;
import dev.whittle.ir.op.shape.Concatenation;
import dev.whittle.ir.op.shape.Pad;
import dev.whittle.ir.tensor.TensorType;
import dev.whittle.runtime.kernel.RandomOperator.Numbers;
import java.util.SplittableRandom;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

@Tag("without-vectors")
class WinogradTest {
  private static final long SEED = KernelCase.SEED;

  private final SplittableRandom random = new SplittableRandom(SEED);

  /** A convolution, perhaps of a padded picture, perhaps to a part of the output's channels. */
  private static Value convolution(RandomOperator of, Numbers numbers) {
    SplittableRandom random = of.random();
    int channels = random.nextInt(48, 70);
    int columns = random.nextInt(48, 80);
    Value input =
        of.input(numbers, of.small(3), random.nextInt(14, 20), random.nextInt(14, 20), channels);
    Padding padding = Padding.ofCode(random.nextInt(2));
    if (padding == Padding.VALID) {
      int[] paddings = random.ints(4, 0, 3).toArray();
      Value pairs =
          of.built().pairs(0, 0, paddings[0], paddings[1], paddings[2], paddings[3], 0, 0);
      input = of.alike(new Pad(), input, pairs);
    }
    var conv = new Conv2D(padding, 1, 1, of.clamp(), 1, 1, TensorType.FLOAT32);
    Value filter = of.filter(numbers, 0, columns, 3, 3, channels);
    Value output = of.node(numbers, conv, input, filter, of.bias(numbers, columns));
    if (of.coin()) {
      Value other = of.alike(new MaxPool2D(Padding.VALID, 1, 1, 1, 1, Activation.NONE), output);
      output = of.alike(new Concatenation(3, Activation.NONE), other, output);
    }
    return output;
  }

  private static void compare(KernelCase built, Value output, String kernel, String label) {
    Model model = built.graph().output(output).buildModel("test");
    KernelCase.compare(
        label,
        model,
        plan -> assertTrue(plan.stream().anyMatch(n -> n.kernel().equals(kernel)), label),
        greatest -> 1e-3f);
  }

  @ParameterizedTest
  @EnumSource(names = "SHORTS", mode = EnumSource.Mode.EXCLUDE)
  void tilesOfAnyDimensionsPaddingsAndStripesGiveWhatTheReferenceKernelsGive(Numbers numbers) {
    String kernel = numbers == Numbers.FLOATS ? "FloatWinograd" : "IntegerWinograd";
    for (int i = 0; i < 12; i++) {
      var built = new KernelCase();
      Value output = convolution(new RandomOperator(built, random), numbers);
      String label = numbers + ", case " + i + ", seed " + SEED;
      compare(built, output, "fast: " + kernel, label);
    }
  }

  @Test
  void weightsWhoseSumsMayBeInexactAreMultipliedInParts() {
    var built = new KernelCase();
    var of = new RandomOperator(built, random);
    var conv = new Conv2D(Padding.SAME, 1, 1, Activation.NONE, 1, 1, TensorType.FLOAT32);
    Value output =
        of.node(
            Numbers.BYTES,
            conv,
            of.input(Numbers.BYTES, 1, 16, 16, 300),
            of.filter(Numbers.BYTES, 0, 32, 3, 3, 300),
            of.bias(Numbers.BYTES, 32));
    compare(built, output, "fast: IntegerGemm", "seed " + SEED);
  }
}
