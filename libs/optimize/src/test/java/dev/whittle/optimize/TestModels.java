package dev.whittle.optimize;

import dev.whittle.data.Sample;
import dev.whittle.data.Samples;
import dev.whittle.ir.GraphBuilder;
import dev.whittle.ir.Model;
import dev.whittle.ir.Value;
import dev.whittle.ir.op.Activation;
import dev.whittle.ir.op.activation.Logistic;
import dev.whittle.ir.op.nn.FullyConnected;
import dev.whittle.ir.tensor.Shape;
import dev.whittle.ir.tensor.Tensor;
import dev.whittle.ir.tensor.TensorType;
import dev.whittle.runtime.Interpreter;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.SplittableRandom;

/** Small float models with random weights from a seed. */
final class TestModels {
  static final int IN = 16;

  private TestModels() {}

  /** Returns random weights of a dense layer, {@code [out, in]}. */
  static float[] weights(SplittableRandom random, int out, int in) {
    float[] weights = new float[out * in];
    for (int i = 0; i < weights.length; i++) {
      weights[i] = (float) (random.nextGaussian() / Math.sqrt(in));
    }
    return weights;
  }

  static Value dense(
      GraphBuilder builder, String name, Value input, float[] weights, float[] bias, boolean relu) {
    int in = weights.length / bias.length;
    return builder.node(
        name,
        new FullyConnected(relu ? Activation.RELU : Activation.NONE, false),
        input,
        builder.constant(name + "/weights", Tensor.of(weights, bias.length, in)),
        builder.constant(name + "/bias", Tensor.of(bias, bias.length)));
  }

  /** Returns a model of dense layers of 64 (RELU), 32 (RELU) and 10 units, maybe with a sigmoid. */
  static Model threeLayers(long seed, boolean sigmoid) {
    var random = new SplittableRandom(seed);
    var builder = new GraphBuilder("main");
    Value x = builder.input("x", TensorType.FLOAT32, Shape.of(Shape.DYNAMIC, IN));
    Value a = dense(builder, "a", x, weights(random, 64, IN), weights(random, 64, 1), true);
    Value b = dense(builder, "b", a, weights(random, 32, 64), weights(random, 32, 1), true);
    Value c = dense(builder, "c", b, weights(random, 10, 32), weights(random, 10, 1), false);
    builder.output(sigmoid ? builder.node("scores", new Logistic(), c) : c);
    return builder.buildModel("test");
  }

  static Samples samples(long seed, int count) {
    var random = new SplittableRandom(seed);
    List<Sample> samples = new ArrayList<>();
    for (int i = 0; i < count; i++) {
      float[] x = new float[IN];
      for (int k = 0; k < IN; k++) {
        x[k] = (float) random.nextGaussian();
      }
      samples.add(Sample.of(Map.of("x", Tensor.of(x, IN))));
    }
    return Samples.of(samples);
  }

  /** Returns a model's output for a batch of four random samples. */
  static float[] run(Model model, long seed) {
    var random = new SplittableRandom(seed);
    try (var interpreter = Interpreter.of(model)) {
      interpreter.resizeInput(0, new int[] {4, IN});
      Tensor input = interpreter.getInputTensor(0);
      for (int i = 0; i < input.elements(); i++) {
        input.setFloat(i, (float) random.nextGaussian());
      }
      interpreter.invoke();
      return interpreter.getOutputTensor(0).toFloats();
    }
  }
}
