package dev.whittle.convert.fuse;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;

import dev.whittle.ir.GraphBuilder;
import dev.whittle.ir.Model;
import dev.whittle.ir.Value;
import dev.whittle.ir.op.Activation;
import dev.whittle.ir.op.Padding;
import dev.whittle.ir.op.math.Mul;
import dev.whittle.ir.op.nn.Conv3DTranspose;
import dev.whittle.ir.op.nn.FullyConnected;
import dev.whittle.ir.rewrite.Rewriter;
import dev.whittle.ir.tensor.Shape;
import dev.whittle.ir.tensor.Tensor;
import dev.whittle.ir.tensor.TensorType;
import dev.whittle.runtime.Interpreter;
import java.util.List;
import java.util.SplittableRandom;
import org.junit.jupiter.api.Test;

class FoldingRulesTest {
  private static Tensor random(SplittableRandom random, int... dims) {
    Tensor tensor = Tensor.allocate(TensorType.FLOAT32, dims);
    for (long i = 0; i < tensor.elements(); i++) {
      tensor.setFloat(i, (float) random.nextGaussian());
    }
    return tensor;
  }

  private static float[] run(Model model) {
    var random = new SplittableRandom(2);
    try (var interpreter = Interpreter.of(model)) {
      Tensor input = interpreter.getInputTensor(0);
      input.copyFrom(random(random, input.dims()));
      interpreter.invoke();
      return interpreter.getOutputTensor(0).toFloats();
    }
  }

  private static List<String> operators(Model model) {
    return model.mainGraph().nodes().stream().map(n -> n.op().type().name()).toList();
  }

  private static Model folded(Model model) {
    return Rewriter.rewrite(model, Fusing.rules()).model();
  }

  @Test
  void foldsFactorWithActivationIntoFullyConnected() {
    var random = new SplittableRandom(1);
    var builder = new GraphBuilder("main");
    Value x = builder.input("x", TensorType.FLOAT32, Shape.of(2, 5));
    Value y =
        builder.node(
            "y",
            new FullyConnected(Activation.NONE, false),
            x,
            builder.constant("w", random(random, 3, 5)),
            builder.constant("b", random(random, 3)));
    Value z =
        builder.node(
            "z", new Mul(Activation.RELU), y, builder.constant("factor", random(random, 3)));
    Model model = builder.output(z).buildModel("test");
    assertEquals(List.of("FULLY_CONNECTED"), operators(folded(model)));
    assertArrayEquals(run(model), run(folded(model)), 1e-5f);
  }

  @Test
  void keepsActivationThatOperatorLacks() {
    var random = new SplittableRandom(1);
    var builder = new GraphBuilder("main");
    Value x = builder.input("x", TensorType.FLOAT32, Shape.of(1, 2, 2, 2, 3));
    Value y =
        builder.node(
            "y",
            new Conv3DTranspose(Padding.SAME, 1, 1, 1, Activation.NONE, 1, 1, 1),
            builder.constant("shape", Tensor.of(new int[] {1, 2, 2, 2, 4}, 5)),
            builder.constant("w", random(random, 2, 2, 2, 4, 3)),
            x);
    Value z =
        builder.node(
            "z", new Mul(Activation.RELU), y, builder.constant("factor", random(random, 4)));
    Model model = builder.output(z).buildModel("test");
    assertArrayEquals(run(model), run(folded(model)), 1e-5f);
  }
}
