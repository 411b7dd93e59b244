package dev.whittle.runtime;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.whittle.ir.GraphBuilder;
import dev.whittle.ir.Model;
import dev.whittle.ir.ModelException;
import dev.whittle.ir.ShapeInference;
import dev.whittle.ir.Signature;
import dev.whittle.ir.Value;
import dev.whittle.ir.op.Activation;
import dev.whittle.ir.op.Padding;
import dev.whittle.ir.op.control.CallOnce;
import dev.whittle.ir.op.nn.DepthwiseConv2D;
import dev.whittle.ir.op.shape.Concatenation;
import dev.whittle.ir.op.shape.Slice;
import dev.whittle.ir.op.state.AssignVariable;
import dev.whittle.ir.op.state.ReadVariable;
import dev.whittle.ir.op.state.VarHandle;
import dev.whittle.ir.tensor.Shape;
import dev.whittle.ir.tensor.Tensor;
import dev.whittle.ir.tensor.TensorType;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Resource variables, whose shapes are those of what a model assigns to them. */
class ResourceVariableTest {
  private static final TensorType FLOAT = TensorType.FLOAT32;
  private static final Shape KEPT = Shape.of(1, 4, 1, 8);

  private static Value handle(GraphBuilder graph) {
    return graph.node("handle", new VarHandle("", "state"));
  }

  private static Value read(GraphBuilder graph, Value handle, Shape declared) {
    return graph.node(Value.of(0, "read", FLOAT, declared), new ReadVariable(), handle);
  }

  private static GraphBuilder initial(int value) {
    var graph = new GraphBuilder("initial");
    Tensor contents = Tensor.allocate(FLOAT, KEPT.toArray());
    for (int i = 0; i < contents.elements(); i++) {
      contents.setFloat(i, value);
    }
    graph.nodes(
        List.of(), new AssignVariable(), handle(graph), graph.constant("contents", contents));
    return graph;
  }

  /** A depthwise convolution over the last five rows of a stream, whose filter sums them. */
  private static Model stream(Shape declared) {
    var graph = new GraphBuilder("main");
    Value x = graph.input("x", FLOAT, Shape.of(1, 1, 1, 8));
    graph.nodes(List.of(), new CallOnce(1));
    Value handle = handle(graph);
    Value read = read(graph, handle, declared);
    Value window = graph.node("window", new Concatenation(1, Activation.NONE), read, x);
    Tensor filter = Tensor.allocate(FLOAT, 1, 5, 1, 8);
    for (int i = 0; i < filter.elements(); i++) {
      filter.setFloat(i, 1);
    }
    Value y =
        graph.node(
            "y",
            new DepthwiseConv2D(Padding.VALID, 1, 1, 1, Activation.NONE, 1, 1),
            window,
            graph.constant("filter", filter),
            graph.constant("bias", Tensor.allocate(FLOAT, 8)));
    Value begin = graph.constant("begin", Tensor.of(new int[] {0, 1, 0, 0}, 4));
    Value size = graph.constant("size", Tensor.of(new int[] {1, 4, 1, 8}, 4));
    Value next = graph.node("next", new Slice(), window, begin, size);
    graph.nodes(List.of(), new AssignVariable(), handle, next);
    graph.output(y);
    return new Model("test", List.of(graph.build(), initial(2).build()), List.of(), List.of());
  }

  @ParameterizedTest
  @ValueSource(strings = {"fast", "reference"})
  void readsHaveTheShapeThatIsAssigned(String engine) {
    for (Shape declared :
        List.of(KEPT, Shape.UNKNOWN, Shape.of(-1, 4, 1, 8), Shape.of(1, 9, 1, 8))) {
      Model model = stream(declared);
      var inferred = ShapeInference.infer(model, 0);
      int read = model.mainGraph().nodes().get(2).outputs().getFirst();
      assertEquals(KEPT, inferred.shapes().get(read), "declared as " + declared);
      try (var interpreter = Interpreter.of(model, InterpreterOptions.DEFAULT.withEngine(engine))) {
        for (int step = 1; step <= 6; step++) {
          for (int i = 0; i < 8; i++) {
            interpreter.getInputTensor(0).setFloat(i, step);
          }
          interpreter.invoke();
          float expected = 0;
          for (int row = step - 4; row <= step; row++) {
            expected += row > 0 ? row : 2;
          }
          assertEquals(expected, interpreter.getOutputTensor(0).getFloat(3), "step " + step);
        }
      }
    }
  }

  @Test
  void aConvolutionOfAVariableGetsAFastKernel() {
    Model model = stream(Shape.UNKNOWN);
    try (var interpreter = Interpreter.of(model, InterpreterOptions.DEFAULT)) {
      String kernel =
          interpreter.plan().stream()
              .filter(n -> model.mainGraph().nodes().get(n.node()).op() instanceof DepthwiseConv2D)
              .map(n -> n.kernel())
              .findFirst()
              .orElseThrow();
      assertTrue(kernel.startsWith("fast"), kernel);
    }
  }

  /** Graph 0 assigns its input, graph 1 reads. */
  private static Model store(Shape input) {
    var write = new GraphBuilder("write");
    Value x = write.input("x", FLOAT, input);
    write.nodes(List.of(), new AssignVariable(), handle(write), x);
    write.output(write.node("y", new Concatenation(0, Activation.NONE), x, x));
    var again = new GraphBuilder("read");
    Value all = read(again, handle(again), input);
    again.output(again.node("y", new Concatenation(0, Activation.NONE), all, all));
    return new Model("test", List.of(write.build(), again.build()), SIGNATURES, List.of());
  }

  private static final List<Signature> SIGNATURES =
      List.of(
          new Signature(
              "write", 0, List.of(new Signature.Port("x", 0)), List.of(new Signature.Port("y", 2))),
          new Signature("read", 1, List.of(), List.of(new Signature.Port("y", 2))));

  @ParameterizedTest
  @ValueSource(strings = {"fast", "reference"})
  void readsFollowContentsOfAnotherShapeThanDeclared(String engine) {
    for (Shape declared : List.of(Shape.of(2), Shape.of(-1))) {
      try (var interpreter =
          Interpreter.of(store(declared), InterpreterOptions.DEFAULT.withEngine(engine))) {
        for (int size : new int[] {2, 5, 3}) {
          interpreter.resizeInput("x", new int[] {size}, "write");
          for (int i = 0; i < size; i++) {
            interpreter.getInputTensorFromSignature("x", "write").setFloat(i, i + 1);
          }
          interpreter.invoke("write");
          interpreter.invoke("read");
          Tensor y = interpreter.getOutputTensorFromSignature("y", "read");
          assertEquals(2L * size, y.elements(), "size " + size);
          for (int i = 0; i < 2 * size; i++) {
            assertEquals(i % size + 1, y.getFloat(i), "size " + size);
          }
        }
      }
    }
  }

  @ParameterizedTest
  @ValueSource(strings = {"fast", "reference"})
  void aResourceWithoutAHandleIsRefused(String engine) {
    var graph = new GraphBuilder("main");
    Value handle = graph.input("handle", TensorType.RESOURCE, Shape.of(0));
    graph.output(read(graph, handle, Shape.of(1)));
    Model model = graph.buildModel("test");
    try (var interpreter = Interpreter.of(model, InterpreterOptions.DEFAULT.withEngine(engine))) {
      var refused = assertThrows(ModelException.class, interpreter::invoke);
      assertTrue(String.valueOf(refused.getMessage()).contains("0 handles"), refused::toString);
    }
  }
}
