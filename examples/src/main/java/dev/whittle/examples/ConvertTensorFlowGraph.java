package dev.whittle.examples;

import dev.whittle.ir.Model;
import dev.whittle.ir.tensor.Tensor;
import dev.whittle.runtime.Interpreter;
import dev.whittle.tflite.TfliteReader;
import dev.whittle.tflite.TfliteWriter;
import dev.whittle.train.TensorFlowConverter;
import java.io.IOException;
import java.util.List;
import java.util.random.RandomGenerator;
import org.tensorflow.Graph;
import org.tensorflow.Operand;
import org.tensorflow.Session;
import org.tensorflow.Signature;
import org.tensorflow.ndarray.NdArrays;
import org.tensorflow.ndarray.Shape;
import org.tensorflow.op.Ops;
import org.tensorflow.op.core.Placeholder;
import org.tensorflow.op.core.Variable;
import org.tensorflow.types.TFloat32;

/**
 * Builds a network in TensorFlow Java, trains it to classify points by whether they lie in a ring,
 * converts it, and runs the converted model without TensorFlow.
 */
public final class ConvertTensorFlowGraph {
  private static final int HIDDEN = 24;
  private static final int BATCH = 256;

  private ConvertTensorFlowGraph() {}

  public static void main(String[] args) throws IOException {
    Outcome outcome = run(RandomGenerator.of("L64X128MixRandom"), 600);
    System.out.printf(
        "%,d bytes; accuracy on 1,000 new points: %.1f %%%n",
        outcome.bytes, 100 * outcome.accuracy);
  }

  /**
   * The result of the program.
   *
   * @param bytes the size of the converted model in bytes
   * @param accuracy the accuracy of the converted model, from 0 to 1
   */
  record Outcome(int bytes, double accuracy) {}

  static Outcome run(RandomGenerator random, int steps) throws IOException {
    byte[] converted;
    try (Graph graph = new Graph();
        Session session = new Session(graph)) {
      Ops tf = Ops.create(graph);
      Placeholder<TFloat32> points =
          tf.placeholder(TFloat32.class, Placeholder.shape(Shape.of(-1, 2)));
      Placeholder<TFloat32> labels =
          tf.placeholder(TFloat32.class, Placeholder.shape(Shape.of(-1, 1)));
      Variable<TFloat32> kernel = tf.variable(Shape.of(2, HIDDEN), TFloat32.class);
      Variable<TFloat32> bias = tf.variable(Shape.of(HIDDEN), TFloat32.class);
      Variable<TFloat32> output = tf.variable(Shape.of(HIDDEN, 1), TFloat32.class);
      Variable<TFloat32> offset = tf.variable(Shape.of(1), TFloat32.class);
      var hidden = tf.math.tanh(tf.math.add(tf.linalg.matMul(points, kernel), bias));
      Operand<TFloat32> probability =
          tf.math.sigmoid(tf.math.add(tf.linalg.matMul(hidden, output), offset));

      // Squared error and gradient descent with momentum, in operations of TensorFlow Java's core.
      var loss =
          tf.math.mean(
              tf.math.squaredDifference(probability, labels), tf.constant(new int[] {0, 1}));
      List<Variable<TFloat32>> weights = List.of(kernel, bias, output, offset);
      var gradients = tf.gradients(loss, weights);
      var runner = session.runner();
      for (Variable<TFloat32> weight : weights) {
        runner.addTarget(tf.assign(weight, initial(tf, weight.shape(), random)));
      }
      runner.run();
      Operand<?>[] updates = new Operand<?>[weights.size()];
      for (int i = 0; i < updates.length; i++) {
        Variable<TFloat32> velocity = tf.variable(weights.get(i).shape(), TFloat32.class);
        session.runner().addTarget(tf.assign(velocity, tf.zerosLike(weights.get(i)))).run();
        updates[i] =
            tf.train.applyMomentum(
                weights.get(i),
                velocity,
                tf.constant(0.5f),
                gradients.<TFloat32>dy(i),
                tf.constant(0.9f));
      }
      for (int step = 0; step < steps; step++) {
        try (TFloat32 x = TFloat32.tensorOf(Shape.of(BATCH, 2));
            TFloat32 y = TFloat32.tensorOf(Shape.of(BATCH, 1))) {
          for (int i = 0; i < BATCH; i++) {
            float[] point = point(random);
            x.setFloat(point[0], i, 0);
            x.setFloat(point[1], i, 1);
            y.setFloat(isInside(point) ? 1 : 0, i, 0);
          }
          var training = session.runner().feed(points, x).feed(labels, y);
          for (Operand<?> update : updates) {
            training.addTarget(update);
          }
          training.run();
        }
      }

      Signature signature =
          Signature.builder()
              .key("serving_default")
              .input("points", points)
              .output("inside", probability)
              .build();
      Model model = TensorFlowConverter.fromSession(session, signature).convert();
      converted = TfliteWriter.toBytes(model);
    }
    return new Outcome(converted.length, accuracy(converted, random));
  }

  private static Operand<TFloat32> initial(Ops tf, Shape shape, RandomGenerator random) {
    var values = NdArrays.ofFloats(shape);
    values.scalars().forEach(value -> value.setFloat((float) random.nextGaussian()));
    return tf.constant(TFloat32.tensorOf(values));
  }

  private static float[] point(RandomGenerator random) {
    return new float[] {random.nextFloat(-1, 1), random.nextFloat(-1, 1)};
  }

  private static boolean isInside(float[] point) {
    double distance = Math.hypot(point[0], point[1]);
    return distance > 0.3 && distance < 0.8;
  }

  private static double accuracy(byte[] converted, RandomGenerator random) {
    int correct = 0;
    int points = 1000;
    try (var interpreter = Interpreter.of(TfliteReader.read(converted))) {
      for (int i = 0; i < points; i++) {
        float[] point = point(random);
        interpreter.resizeInput(0, new int[] {1, 2});
        interpreter.getInputTensor(0).copyFrom(Tensor.of(point, 1, 2));
        interpreter.invoke();
        boolean predictedInside = interpreter.getOutputTensor(0).getFloat(0) > 0.5;
        correct += predictedInside == isInside(point) ? 1 : 0;
      }
    }
    return (double) correct / points;
  }
}
