package dev.whittle.runtime;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import dev.whittle.ir.GraphBuilder;
import dev.whittle.ir.Model;
import dev.whittle.ir.ModelException;
import dev.whittle.ir.Value;
import dev.whittle.ir.op.Activation;
import dev.whittle.ir.op.control.While;
import dev.whittle.ir.op.math.Add;
import dev.whittle.ir.op.math.Less;
import dev.whittle.ir.op.shape.Concatenation;
import dev.whittle.ir.op.shape.Reshape;
import dev.whittle.ir.tensor.Shape;
import dev.whittle.ir.tensor.Tensor;
import dev.whittle.ir.tensor.TensorType;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Loops whose states share memory with each other in all ways. */
class LoopTest {
  private static final int TURNS = 7;
  private static final TensorType FLOAT = TensorType.FLOAT32;
  private static final TensorType INT = TensorType.INT32;

  private static Value scalar(GraphBuilder graph, String name, int value) {
    return graph.constant(name, Tensor.of(new int[] {value}));
  }

  /** The state's values: a counter, three vectors of three and one of open length. */
  private static List<Value> state(GraphBuilder graph) {
    return List.of(
        graph.input("i", INT, Shape.SCALAR),
        graph.input("a", FLOAT, Shape.of(3)),
        graph.input("b", FLOAT, Shape.of(3)),
        graph.input("c", FLOAT, Shape.of(3)),
        graph.input("d", FLOAT, Shape.of(Shape.DYNAMIC)));
  }

  private static Value truth(GraphBuilder graph, Value left, Value right) {
    Value declared = Value.of(-1, "go_on", TensorType.BOOL, Shape.UNKNOWN);
    return graph.node(declared, new Less(), left, right);
  }

  /** One turn: a and b change places, c stays as it is, d grows by a and b's first sum. */
  private static Model model(boolean bodyGivesTruth) {
    var condition = new GraphBuilder("condition");
    List<Value> tested = state(condition);
    Value limit = scalar(condition, "limit", TURNS);
    condition.output(bodyGivesTruth ? limit : truth(condition, tested.getFirst(), limit));
    var body = new GraphBuilder("body");
    List<Value> now = state(body);
    Value next = body.node("next", new Add(), now.getFirst(), scalar(body, "one", 1));
    Value shape = body.constant("shape", Tensor.of(new int[] {3}, 1));
    Value kept = body.node("kept", new Reshape(List.of(3)), now.get(3), shape);
    Value sum = body.node("sum", new Add(), now.get(1), now.get(3));
    Value grown = body.node("grown", new Concatenation(0, Activation.NONE), now.get(4), sum);
    body.output(next, now.get(2), now.get(1), kept, grown);
    var main = new GraphBuilder("main");
    List<Value> given = state(main);
    List<Value> results =
        List.of(
            Value.of(0, "count", INT, Shape.SCALAR),
            Value.of(0, "p", FLOAT, Shape.of(3)),
            Value.of(0, "q", FLOAT, Shape.of(3)),
            Value.of(0, "r", FLOAT, Shape.of(3)),
            Value.of(0, "s", FLOAT, Shape.of(Shape.DYNAMIC)));
    main.nodesAsDeclared(results, new While(1, 2), given.toArray(Value[]::new))
        .forEach(main::output);
    return new Model(
        "test", List.of(main.build(), condition.build(), body.build()), List.of(), List.of());
  }

  private static void fill(Interpreter interpreter) {
    interpreter.resizeInput(4, new int[] {2});
    interpreter.allocateTensors();
    interpreter.getInputTensor(0).setInteger(0, 0);
    for (int input = 1; input < 5; input++) {
      Tensor tensor = interpreter.getInputTensor(input);
      for (int i = 0; i < tensor.elements(); i++) {
        tensor.setFloat(i, 10 * input + i);
      }
    }
  }

  @ParameterizedTest
  @ValueSource(strings = {FastEngine.NAME, ReferenceEngine.NAME})
  void statesChangePlacesStayOrGrow(String engine) {
    var options = InterpreterOptions.DEFAULT.withEngine(engine);
    try (var interpreter = Interpreter.of(model(false), options)) {
      // Twice, as the second run finds plans made for the last state of the first.
      for (int run = 0; run < 2; run++) {
        fill(interpreter);
        interpreter.invoke();
        assertArrayEquals(new long[] {TURNS}, interpreter.getOutputTensor(0).toLongs());
        assertArrayEquals(new float[] {20, 21, 22}, interpreter.getOutputTensor(1).toFloats());
        assertArrayEquals(new float[] {10, 11, 12}, interpreter.getOutputTensor(2).toFloats());
        assertArrayEquals(new float[] {30, 31, 32}, interpreter.getOutputTensor(3).toFloats());
        float[] expected = new float[2 + 3 * TURNS];
        expected[0] = 40;
        expected[1] = 41;
        for (int turn = 0; turn < TURNS; turn++) {
          for (int i = 0; i < 3; i++) {
            expected[2 + 3 * turn + i] = 30 + i + (turn % 2 == 0 ? 10 : 20) + i;
          }
        }
        assertArrayEquals(expected, interpreter.getOutputTensor(4).toFloats());
      }
    }
  }

  @Test
  void aConditionThatIsNoTruthValueIsReported() {
    try (var interpreter = Interpreter.of(model(true))) {
      fill(interpreter);
      assertThrows(ModelException.class, interpreter::invoke);
    }
  }
}
