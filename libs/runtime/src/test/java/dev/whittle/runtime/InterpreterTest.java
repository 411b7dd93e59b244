package dev.whittle.runtime;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.whittle.ir.GraphBuilder;
import dev.whittle.ir.Model;
import dev.whittle.ir.ModelException;
import dev.whittle.ir.UnsupportedModelException;
import dev.whittle.ir.Value;
import dev.whittle.ir.op.Activation;
import dev.whittle.ir.op.index.Gather;
import dev.whittle.ir.op.math.Add;
import dev.whittle.ir.op.math.Mul;
import dev.whittle.ir.op.shape.Tile;
import dev.whittle.ir.tensor.Shape;
import dev.whittle.ir.tensor.Tensor;
import dev.whittle.ir.tensor.TensorType;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.FloatBuffer;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.function.Executable;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class InterpreterTest {
  /** {@code sum = a + b, product = a * b} for vectors of open length. */
  private static Model sumAndProduct() {
    var graph = new GraphBuilder("main");
    Value a = graph.input("a", TensorType.FLOAT32, Shape.of(Shape.DYNAMIC));
    Value b = graph.input("b", TensorType.FLOAT32, Shape.of(Shape.DYNAMIC));
    graph.output(
        graph.node("sum", new Add(Activation.NONE, true), a, b),
        graph.node("product", new Mul(Activation.NONE), a, b));
    return graph.buildModel("test");
  }

  @Test
  void inputsMayBeArraysOrBuffersAndResizeTheModel() {
    try (var interpreter = Interpreter.of(sumAndProduct())) {
      float[] sum = new float[3];
      FloatBuffer product =
          ByteBuffer.allocateDirect(12).order(ByteOrder.nativeOrder()).asFloatBuffer();
      interpreter.runForMultipleInputsOutputs(
          new Object[] {new float[] {1, 2, 3}, new float[] {4, 5, 6}}, Map.of(0, sum, 1, product));
      assertArrayEquals(new float[] {5, 7, 9}, sum);
      product.rewind();
      float[] copied = new float[3];
      product.get(copied);
      assertArrayEquals(new float[] {4, 10, 18}, copied);
    }
  }

  @Test
  void signaturesNameInputsAndOutputs() {
    try (var interpreter = Interpreter.of(sumAndProduct())) {
      assertArrayEquals(new String[] {"serving_default"}, interpreter.getSignatureKeys());
      assertArrayEquals(new String[] {"a", "b"}, interpreter.getSignatureInputs("serving_default"));
      float[] product = new float[2];
      Map<String, Object> outputs = new HashMap<>(Map.of("product", product));
      interpreter.runSignature(
          Map.of("a", new float[] {2, 3}, "b", new float[] {5, 7}), outputs, "serving_default");
      assertArrayEquals(new float[] {10, 21}, product);
      assertThrows(
          IllegalArgumentException.class,
          () -> interpreter.runSignature(Map.of("a", new float[2]), outputs, "serving_default"));
      assertThrows(IllegalArgumentException.class, () -> interpreter.getSignatureInputs("other"));
    }
  }

  @Test
  void tensorsAreViewsWithoutCopies() {
    try (var interpreter = Interpreter.of(sumAndProduct())) {
      interpreter.resizeInput(0, new int[] {2});
      interpreter.resizeInput(1, new int[] {2});
      interpreter.allocateTensors();
      Tensor a = interpreter.getInputTensor(0);
      a.setFloat(0, 1);
      a.setFloat(1, 2);
      interpreter.getInputTensor(1).copyFrom(Tensor.of(new float[] {10, 20}, 2));
      interpreter.invoke();
      assertEquals(a.data().address(), interpreter.getInputTensor(0).data().address());
      assertArrayEquals(new float[] {11, 22}, interpreter.getOutputTensor(0).toFloats());
      assertTrue(interpreter.activationBytes() >= 32);
      assertTrue(interpreter.getLastInferenceNanoseconds() > 0);
    }
  }

  @Test
  void whatDoesNotFitIsRefusedByName() {
    try (var interpreter = Interpreter.of(sumAndProduct())) {
      var wrongType =
          assertThrows(
              IllegalArgumentException.class,
              () -> interpreter.run(new int[] {1}, new float[] {1}));
      assertTrue(String.valueOf(wrongType.getMessage()).contains("a"), wrongType::getMessage);
      assertThrows(IllegalArgumentException.class, () -> interpreter.getInputIndex("none"));
      assertThrows(
          ModelException.class,
          () ->
              interpreter.runForMultipleInputsOutputs(
                  new Object[] {new float[2], new float[3]}, Map.of(0, new float[3])));
      assertThrows(
          IllegalArgumentException.class, () -> interpreter.resizeInput(0, new int[] {2, 2}, true));
    }
  }

  @Test
  void aClosedInterpreterRefusesToRun() {
    var interpreter = Interpreter.of(sumAndProduct());
    interpreter.close();
    interpreter.close();
    assertThrows(IllegalStateException.class, interpreter::invoke);
  }

  @Test
  void memoryBeyondTheLimitIsNotTaken() {
    var graph = new GraphBuilder("main");
    Value a = graph.input("a", TensorType.FLOAT32, Shape.of(1000));
    Value multiples = graph.input("multiples", TensorType.INT32, Shape.of(1));
    graph.output(graph.node("tiled", new Tile(), a, multiples));
    var options = InterpreterOptions.DEFAULT.withMaxMemory(1 << 20);
    try (var interpreter = Interpreter.of(graph.buildModel("test"), options)) {
      interpreter.getInputTensor(1).setInt(0, 2);
      interpreter.invoke();
      assertEquals(2000, interpreter.getOutputTensor(0).elements());
      interpreter.getInputTensor(1).setInt(0, 1_000_000);
      assertThrows(UnsupportedModelException.class, interpreter::invoke);
    }
  }

  @Test
  void interpretersOfOneModelRunSideBySide() throws Exception {
    Model model = sumAndProduct();
    try (var threads = Executors.newFixedThreadPool(4)) {
      List<Future<float[]>> sums =
          java.util.stream.IntStream.range(0, 16)
              .mapToObj(
                  i ->
                      threads.submit(
                          () -> {
                            try (var interpreter = Interpreter.of(model)) {
                              float[] sum = new float[1];
                              interpreter.runForMultipleInputsOutputs(
                                  new Object[] {new float[] {i}, new float[] {1}}, Map.of(0, sum));
                              return sum;
                            }
                          }))
              .toList();
      for (int i = 0; i < sums.size(); i++) {
        assertArrayEquals(new float[] {i + 1}, sums.get(i).get());
      }
    }
  }

  @Test
  void anUnknownEngineIsNamedWithThoseThereAre() {
    var options = InterpreterOptions.DEFAULT.withEngine("warp");
    var e =
        assertThrows(
            IllegalArgumentException.class, () -> Interpreter.of(sumAndProduct(), options));
    assertTrue(String.valueOf(e.getMessage()).contains("reference"), e::getMessage);
  }

  @ParameterizedTest
  @ValueSource(strings = {"fast", "reference"})
  void anObserverKeepsInputsOutputsAndTheirViews(String engine) {
    var options = InterpreterOptions.DEFAULT.withEngine(engine);
    try (var interpreter = Interpreter.of(sumAndProduct(), options)) {
      interpreter.resizeInput(0, new int[] {2});
      interpreter.resizeInput(1, new int[] {2});
      Tensor a = interpreter.getInputTensor(0);
      a.copyFrom(Tensor.of(new float[] {1, 2}, 2));
      interpreter.getInputTensor(1).copyFrom(Tensor.of(new float[] {10, 20}, 2));
      List<float[]> seen = new ArrayList<>();
      interpreter.observe((graph, value, tensor) -> seen.add(tensor.toFloats()));
      interpreter.invoke();
      assertArrayEquals(new float[] {11, 22}, seen.getFirst());
      a.setFloat(0, 5);
      interpreter.observe(null);
      assertArrayEquals(new float[] {11, 22}, interpreter.getOutputTensor(0).toFloats());
      interpreter.invoke();
      assertArrayEquals(new float[] {15, 22}, interpreter.getOutputTensor(0).toFloats());
      assertEquals(2, seen.size());
    }
  }

  @ParameterizedTest
  @ValueSource(strings = {"fast", "reference"})
  void anObserverKeepsStringInputs(String engine) {
    var graph = new GraphBuilder("main");
    Value words = graph.input("words", TensorType.STRING, Shape.of(3));
    Value indices = graph.constant("indices", Tensor.of(new int[] {1, 2}, 2));
    graph.output(graph.node("part", new Gather(0, 0), words, indices));
    var options = InterpreterOptions.DEFAULT.withEngine(engine);
    try (var interpreter = Interpreter.of(graph.buildModel("test"), options)) {
      Tensor input = interpreter.getInputTensor(0);
      input.setStrings(strings("a", "b", "c"), 3);
      interpreter.observe((g, value, tensor) -> {});
      interpreter.invoke();
      assertEquals("STRING [2] b c", interpreter.getOutputTensor(0).toString());
      input.setStrings(strings("now", "a longer", "text than before"), 3);
      interpreter.invoke();
      assertEquals(
          "STRING [2] a longer text than before", interpreter.getOutputTensor(0).toString());
    }
  }

  private static List<byte[]> strings(String... texts) {
    return Stream.of(texts).map(text -> text.getBytes(StandardCharsets.UTF_8)).toList();
  }

  @Test
  void outputsMayBeReadFromTheirTensorsInstead() {
    try (var interpreter = Interpreter.of(sumAndProduct())) {
      Map<Integer, Object> outputs = new HashMap<>();
      outputs.put(0, null);
      interpreter.runForMultipleInputsOutputs(
          new Object[] {new float[] {1}, new float[] {2}}, outputs);
      assertEquals(3, interpreter.getOutputTensor(0).getFloat(0));
    }
    var graph = new GraphBuilder("main");
    Value x = graph.input("x", TensorType.FLOAT32, Shape.of(1));
    graph.output(graph.node("square", new Mul(Activation.NONE), x, x));
    try (var interpreter = Interpreter.of(graph.buildModel("test"))) {
      interpreter.run(new float[] {3}, null);
      assertEquals(9, interpreter.getOutputTensor(0).getFloat(0));
    }
  }

  @Test
  void buffersAreReadFromTheStartAndWrittenAtThePosition() {
    var graph = new GraphBuilder("main");
    Value x = graph.input("x", TensorType.FLOAT32, Shape.of(2));
    graph.output(graph.node("square", new Mul(Activation.NONE), x, x));
    try (var interpreter = Interpreter.of(graph.buildModel("test"))) {
      ByteBuffer filled = ByteBuffer.allocateDirect(8).order(ByteOrder.nativeOrder());
      filled.putFloat(3).putFloat(4);
      FloatBuffer larger = FloatBuffer.allocate(5);
      larger.position(1);
      interpreter.run(filled, larger);
      assertArrayEquals(new float[] {0, 9, 16, 0, 0}, larger.array());
      assertEquals(3, larger.position());
      assertEquals(8, filled.position());

      ByteBuffer bigEndianFloats = ByteBuffer.allocate(8);
      bigEndianFloats.asFloatBuffer().put(new float[] {5, 6});
      ByteBuffer results = ByteBuffer.allocate(16).order(ByteOrder.LITTLE_ENDIAN);
      interpreter.run(bigEndianFloats.asFloatBuffer(), results);
      assertEquals(36, results.getFloat(4));

      FloatBuffer part = FloatBuffer.wrap(new float[] {0, 7, 8, 0}, 1, 2);
      results.clear();
      interpreter.run(part, results);
      assertEquals(64, results.getFloat(4));
    }
  }

  @Test
  void buffersOfAnotherTypeSizeOrByteOrderAreRejected() {
    var graph = new GraphBuilder("main");
    Value x = graph.input("x", TensorType.FLOAT32, Shape.of(2));
    graph.output(graph.node("square", new Mul(Activation.NONE), x, x));
    try (var interpreter = Interpreter.of(graph.buildModel("test"))) {
      float[] input = {1, 2};
      FloatBuffer full = FloatBuffer.allocate(2).position(1);
      assertRejected("call rewind()", () -> interpreter.run(input, full));
      assertRejected("read-only", () -> interpreter.run(input, full.rewind().asReadOnlyBuffer()));
      assertRejected(
          "FLOAT32", () -> interpreter.run(java.nio.IntBuffer.allocate(2), new float[2]));
      assertRejected("FLOAT32", () -> interpreter.run(input, java.nio.CharBuffer.allocate(4)));
      assertRejected("big-endian", () -> interpreter.run(ByteBuffer.allocate(8), new float[2]));
      assertRejected("has 3", () -> interpreter.run(FloatBuffer.allocate(3), new float[2]));
    }
  }

  private static void assertRejected(String part, Executable executable) {
    var e = assertThrows(IllegalArgumentException.class, executable);
    assertTrue(String.valueOf(e.getMessage()).contains(part), e::getMessage);
  }
}
