package dev.whittle.conformance;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertSame;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.whittle.ir.GraphBuilder;
import dev.whittle.ir.Model;
import dev.whittle.ir.UnsupportedModelException;
import dev.whittle.ir.Value;
import dev.whittle.ir.op.Activation;
import dev.whittle.ir.op.math.Add;
import dev.whittle.ir.op.shape.Tile;
import dev.whittle.ir.tensor.Shape;
import dev.whittle.ir.tensor.Tensor;
import dev.whittle.ir.tensor.TensorType;
import dev.whittle.runtime.Interpreter;
import dev.whittle.runtime.InterpreterOptions;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Views of the native runtime's memory, and the limits and the discovery of its engines. */
class NativeViewsTest {
  private static final InterpreterOptions OPTIONS = InterpreterOptions.DEFAULT.withEngine("litert");

  /** {@code sum = x + 1} and {@code tiled}, {@code x} repeated by a second input. */
  private static Model model() {
    var graph = new GraphBuilder("main");
    Value x = graph.input("x", TensorType.FLOAT32, Shape.of(4));
    Value multiples = graph.input("multiples", TensorType.INT32, Shape.of(1));
    Value one = graph.constant("one", Tensor.of(new float[] {1}, 1));
    graph.output(
        graph.node("sum", new Add(Activation.NONE, true), x, one),
        graph.node("tiled", new Tile(), x, multiples));
    return graph.buildModel("test");
  }

  @ParameterizedTest
  @ValueSource(strings = {"litert", "litert-xnnpack"})
  void throwsAfterClose(String engine) {
    var interpreter = Interpreter.of(model(), OPTIONS.withEngine(engine));
    Tensor input = interpreter.getInputTensor(0);
    interpreter.getInputTensor(1).setInt(0, 2);
    input.copyFrom(Tensor.of(new float[] {1, 2, 3, 4}, 4));
    interpreter.invoke();
    List<Tensor> outputs = List.of(interpreter.getOutputTensor(0), interpreter.getOutputTensor(1));
    assertArrayEquals(new float[] {2, 3, 4, 5}, outputs.getFirst().toFloats());
    interpreter.close();
    assertThrows(IllegalStateException.class, () -> input.setFloat(0, 1));
    for (Tensor output : outputs) {
      assertThrows(IllegalStateException.class, () -> output.getFloat(0));
    }
  }

  @Test
  void throwsAfterAResize() {
    try (var interpreter = Interpreter.of(model(), OPTIONS)) {
      Tensor before = interpreter.getInputTensor(0);
      interpreter.resizeInput(0, new int[] {100_000});
      assertThrows(IllegalStateException.class, () -> before.setFloat(0, 1));
      interpreter.getInputTensor(0).setFloat(99_999, 1);
    }
  }

  @Test
  void throwsAfterARunThatMovesTheTensor() {
    try (var interpreter = Interpreter.of(model(), OPTIONS)) {
      Tensor input = interpreter.getInputTensor(0);
      interpreter.getInputTensor(1).setInt(0, 1);
      interpreter.invoke();
      Tensor small = interpreter.getOutputTensor(1);
      assertEquals(4, small.elements());
      interpreter.getInputTensor(1).setInt(0, 100_000);
      interpreter.invoke();
      assertThrows(IllegalStateException.class, () -> small.setFloat(0, 1));
      assertEquals(400_000, interpreter.getOutputTensor(1).elements());
      assertSame(input, interpreter.getInputTensor(0));
      input.setFloat(0, 1);
    }
  }

  @Test
  void refusesActivationsBeyondTheLimitBeforeAllocatingThem() {
    try (var interpreter = Interpreter.of(model(), OPTIONS.withMaxMemory(1 << 20))) {
      interpreter.allocateTensors();
      interpreter.resizeInput(0, new int[] {1 << 19});
      var e = assertThrows(UnsupportedModelException.class, interpreter::allocateTensors);
      String message = String.valueOf(e.getMessage());
      assertTrue(message.contains("1,048,576") && message.contains("--max_memory"), message);
      interpreter.resizeInput(0, new int[] {1 << 10});
      interpreter.allocateTensors();
    }
  }

  @Test
  void isFoundByThreadsOfOtherClassLoaders() {
    for (ClassLoader loader : new ClassLoader[] {null, ClassLoader.getPlatformClassLoader()}) {
      var result = new CompletableFuture<Long>();
      var thread =
          new Thread(
              () -> {
                try (var interpreter = Interpreter.of(model(), OPTIONS)) {
                  result.complete(interpreter.getInputTensor(0).elements());
                } catch (RuntimeException e) {
                  result.completeExceptionally(e);
                }
              });
      thread.setContextClassLoader(loader);
      thread.start();
      assertEquals(4, result.join());
    }
  }
}
