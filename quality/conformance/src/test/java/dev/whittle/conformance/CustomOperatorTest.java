package dev.whittle.conformance;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;

import com.google.flatbuffers.FlexBuffersBuilder;
import dev.whittle.ir.GraphBuilder;
import dev.whittle.ir.Model;
import dev.whittle.ir.Value;
import dev.whittle.ir.op.Activation;
import dev.whittle.ir.op.CustomOp;
import dev.whittle.ir.op.Padding;
import dev.whittle.ir.op.nn.TransposeConv;
import dev.whittle.ir.tensor.Constant;
import dev.whittle.ir.tensor.Shape;
import dev.whittle.ir.tensor.Tensor;
import dev.whittle.ir.tensor.TensorType;
import dev.whittle.runtime.Interpreter;
import dev.whittle.runtime.InterpreterOptions;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.ArrayList;
import java.util.List;
import java.util.SplittableRandom;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Tests of the custom operators that the runtime provides. */
class CustomOperatorTest {
  private static final TensorType FLOAT32 = TensorType.FLOAT32;

  private static float[] random(SplittableRandom random, int count, double low, double high) {
    float[] values = new float[count];
    for (int i = 0; i < count; i++) {
      values[i] = (float) random.nextDouble(low, high);
    }
    return values;
  }

  private static List<float[]> run(Model model, String engine, List<float[]> inputs) {
    try (var interpreter = Interpreter.of(model, InterpreterOptions.DEFAULT.withEngine(engine))) {
      for (int i = 0; i < inputs.size(); i++) {
        Tensor tensor = interpreter.getInputTensor(i);
        for (int k = 0; k < inputs.get(i).length; k++) {
          tensor.setFloat(k, inputs.get(i)[k]);
        }
      }
      interpreter.invoke();
      List<float[]> outputs = new ArrayList<>();
      for (int i = 0; i < model.mainGraph().outputs().size(); i++) {
        outputs.add(interpreter.getOutputTensor(i).toFloats());
      }
      return outputs;
    }
  }

  @ParameterizedTest
  @ValueSource(booleans = {false, true})
  void detectionsEqualThoseOfTheNativeRuntime(boolean regular) {
    for (long seed = 1; seed <= 40; seed++) {
      var random = new SplittableRandom(seed);
      int anchors = random.nextInt(1, 30);
      int classes = random.nextInt(1, 5);
      int background = random.nextInt(2);
      int perDetection = regular ? 1 : random.nextInt(1, classes + 1);
      int maxDetections = random.nextInt(1, anchors + 1);
      var options = new FlexBuffersBuilder(ByteBuffer.allocate(1024));
      int map = options.startMap();
      options.putInt("max_detections", maxDetections);
      options.putInt("max_classes_per_detection", perDetection);
      options.putInt("detections_per_class", random.nextInt(1, 10));
      options.putBoolean("use_regular_nms", regular);
      options.putFloat("nms_score_threshold", random.nextBoolean() ? 0f : 0.3f);
      options.putFloat("nms_iou_threshold", 0.5f);
      options.putInt("num_classes", classes);
      options.putFloat("y_scale", 10f);
      options.putFloat("x_scale", 10f);
      options.putFloat("h_scale", 5f);
      options.putFloat("w_scale", 5f);
      options.endMap(null, map);
      ByteBuffer bytes = options.finish();
      byte[] encoded = new byte[bytes.remaining()];
      bytes.get(encoded);
      var graph = new GraphBuilder("main");
      Value encodings = graph.input("encodings", FLOAT32, Shape.of(1, anchors, 4));
      Value scores = graph.input("scores", FLOAT32, Shape.of(1, anchors, classes + background));
      Value centers =
          graph.constant("anchors", Tensor.of(random(random, anchors * 4, 0.2, 0.8), anchors, 4));
      graph.output(
          graph
              .nodes(
                  List.of("boxes", "classes", "scores", "count"),
                  new CustomOp("TFLite_Detection_PostProcess", Constant.of(encoded)),
                  encodings,
                  scores,
                  centers)
              .toArray(new Value[0]));
      Model model = graph.buildModel("detector");
      List<float[]> inputs =
          List.of(
              random(random, anchors * 4, -2, 2),
              random(random, anchors * (classes + background), 0, 1));
      List<float[]> actual = run(model, "reference", inputs);
      List<float[]> expected = run(model, "litert", inputs);
      String label = "seed " + seed;
      assertEquals(expected.get(3)[0], actual.get(3)[0], label);
      // The native kernel leaves the elements after the last detection unchanged.
      int count = ((int) actual.get(3)[0]) * perDetection;
      for (int i = 0; i < 3; i++) {
        int width = i == 0 ? 4 : 1;
        for (int k = 0; k < count * width && k < actual.get(i).length; k++) {
          assertEquals(expected.get(i)[k], actual.get(i)[k], 1e-5f, label + " output " + i);
        }
      }
    }
  }

  @ParameterizedTest
  @ValueSource(ints = {1, 2})
  void transposedConvolutionWithBiasEqualsTransposeConv(int padding) {
    for (long seed = 1; seed <= 30; seed++) {
      var random = new SplittableRandom(seed);
      int height = random.nextInt(1, 5);
      int width = random.nextInt(1, 5);
      int in = random.nextInt(1, 4);
      int out = random.nextInt(1, 4);
      int filterSize = random.nextInt(1, 4);
      int strideX = random.nextInt(1, 3);
      int strideY = random.nextInt(1, 3);
      byte[] options =
          ByteBuffer.allocate(12)
              .order(ByteOrder.LITTLE_ENDIAN)
              .putInt(padding)
              .putInt(strideX)
              .putInt(strideY)
              .array();
      var graph = new GraphBuilder("main");
      Value x = graph.input("x", FLOAT32, Shape.of(2, height, width, in));
      Value weights =
          graph.constant(
              "weights",
              Tensor.of(
                  random(random, out * filterSize * filterSize * in, -1, 1),
                  out,
                  filterSize,
                  filterSize,
                  in));
      Value bias = graph.constant("bias", Tensor.of(random(random, out, -1, 1), out));
      Value custom =
          graph.node(
              "custom",
              new CustomOp("Convolution2DTransposeBias", Constant.of(options)),
              x,
              weights,
              bias);
      int[] dims = custom.shape().toArray();
      Value builtIn =
          graph.node(
              "built_in",
              new TransposeConv(
                  Padding.ofCode(padding - 1), strideX, strideY, Activation.NONE, FLOAT32),
              graph.constant("shape", Tensor.of(dims, 4)),
              weights,
              x,
              bias);
      graph.output(custom, builtIn);
      Model both = graph.buildModel("both");
      List<float[]> inputs = List.of(random(random, 2 * height * width * in, -1, 1));
      for (String engine : List.of("reference", "fast")) {
        List<float[]> outputs = run(both, engine, inputs);
        assertArrayEquals(outputs.get(1), outputs.get(0), 1e-5f, engine + ", seed " + seed);
      }
    }
  }
}
