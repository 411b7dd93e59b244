package dev.whittle.train;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;

import dev.whittle.ir.Model;
import dev.whittle.ir.tensor.Tensor;
import dev.whittle.runtime.Interpreter;
import dev.whittle.tflite.TfliteReader;
import dev.whittle.tflite.TfliteWriter;
import java.io.IOException;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.tensorflow.ConcreteFunction;
import org.tensorflow.Graph;
import org.tensorflow.Session;
import org.tensorflow.Signature;
import org.tensorflow.ndarray.Shape;
import org.tensorflow.op.Ops;
import org.tensorflow.op.core.Placeholder;
import org.tensorflow.op.core.Variable;
import org.tensorflow.types.TFloat32;

class TensorFlowConverterTest {
  private static float[] run(Model model, float... input) {
    try (var interpreter = Interpreter.of(TfliteReader.read(TfliteWriter.toBytes(model)))) {
      interpreter.resizeInput(0, new int[] {1, input.length});
      interpreter.getInputTensor(0).copyFrom(Tensor.of(input, 1, input.length));
      interpreter.invoke();
      return interpreter.getOutputTensor(0).toFloats();
    }
  }

  @Test
  void convertsSessionWithPresentValuesOfVariables() throws IOException {
    try (Graph graph = new Graph();
        Session session = new Session(graph)) {
      Ops tf = Ops.create(graph);
      Placeholder<TFloat32> x = tf.placeholder(TFloat32.class, Placeholder.shape(Shape.of(-1, 2)));
      Variable<TFloat32> weights = tf.variable(Shape.of(2, 3), TFloat32.class);
      var y = tf.nn.relu(tf.math.sub(tf.linalg.matMul(x, weights), tf.constant(10f)));
      session.run(tf.assign(weights, tf.constant(new float[][] {{1, 2, 3}, {7, 8, 9}})));
      Signature signature =
          Signature.builder().key("serving_default").input("x", x).output("y", y).build();
      Model model = TensorFlowConverter.fromSession(session, signature).convert();
      assertArrayEquals(new float[] {5, 8, 11}, run(model, 1, 2), 1e-5f);
      assertEquals(
          List.of("FULLY_CONNECTED"),
          model.mainGraph().nodes().stream().map(n -> n.op().type().name()).toList());
    }
  }

  @Test
  void convertsConcreteFunction() throws IOException {
    try (ConcreteFunction function =
        ConcreteFunction.create(
            tf -> {
              Placeholder<TFloat32> x =
                  tf.placeholder(TFloat32.class, Placeholder.shape(Shape.of(-1, 3)));
              return Signature.builder()
                  .key("double")
                  .input("x", x)
                  .output("y", tf.math.mul(x, tf.constant(2f)))
                  .build();
            })) {
      Model model = TensorFlowConverter.fromConcreteFunction(function).convert();
      assertArrayEquals(new float[] {2, 4, -6}, run(model, 1, 2, -3), 0);
      assertEquals("double", model.signatures().getFirst().key());
    }
  }
}
