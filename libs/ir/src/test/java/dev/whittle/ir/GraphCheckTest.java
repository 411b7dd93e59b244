package dev.whittle.ir;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.whittle.ir.op.math.Abs;
import dev.whittle.ir.op.math.Add;
import dev.whittle.ir.tensor.Constant;
import dev.whittle.ir.tensor.Quantization;
import dev.whittle.ir.tensor.Shape;
import dev.whittle.ir.tensor.TensorType;
import java.util.List;
import org.junit.jupiter.api.Test;

class GraphCheckTest {
  private static Value value(int id) {
    return Value.of(id, "v" + id, TensorType.FLOAT32, Shape.of(2));
  }

  private static Model model(Graph graph) {
    return new Model("", List.of(graph), List.of(), List.of());
  }

  private static String onlyProblem(Model model) {
    List<String> problems = GraphCheck.problems(model);
    assertEquals(1, problems.size(), problems.toString());
    return problems.getFirst();
  }

  @Test
  void acceptsValidGraph() {
    var builder = new GraphBuilder("main");
    Value x = builder.input("x", TensorType.FLOAT32, Shape.of(-1, 3));
    builder.output(builder.node("y", new Abs(), builder.node("z", new Add(), x, x)));
    Model model = builder.buildModel("");
    assertEquals(List.of(), GraphCheck.problems(model));
    assertEquals(Shape.of(-1, 3), model.mainGraph().value(2).shape());
  }

  @Test
  void rejectsReferenceToMissingValue() {
    Graph graph =
        new Graph(
            "g",
            List.of(value(0), value(1)),
            List.of(0),
            List.of(1),
            List.of(Node.of(new Abs(), new int[] {7}, 1)));
    assertTrue(onlyProblem(model(graph)).contains("node 0 ABS inputs: refers to tensor 7 of 2"));
  }

  @Test
  void rejectsInputUsedBeforeItIsComputed() {
    Graph graph =
        new Graph(
            "g",
            List.of(value(0), value(1), value(2)),
            List.of(0),
            List.of(1),
            List.of(Node.of(new Abs(), new int[] {2}, 1), Node.of(new Abs(), new int[] {0}, 2)));
    assertTrue(onlyProblem(model(graph)).contains("'v2' is used before it is computed"));
  }

  @Test
  void rejectsValueWithTwoProducers() {
    Graph graph =
        new Graph(
            "g",
            List.of(value(0), value(1)),
            List.of(0),
            List.of(1),
            List.of(Node.of(new Abs(), new int[] {0}, 1), Node.of(new Abs(), new int[] {0}, 1)));
    assertTrue(onlyProblem(model(graph)).contains("'v1' is computed twice"));
  }

  @Test
  void rejectsMissingInput() {
    Graph graph =
        new Graph(
            "g",
            List.of(value(0), value(1)),
            List.of(0),
            List.of(1),
            List.of(Node.of(new Add(), new int[] {0}, 1)));
    assertTrue(onlyProblem(model(graph)).contains("has 1 inputs; expected 2"));
  }

  @Test
  void rejectsConstantOfWrongSize() {
    Graph graph =
        new Graph(
            "g",
            List.of(value(0).withData(Constant.of(new byte[7]))),
            List.of(),
            List.of(0),
            List.of());
    String problem = onlyProblem(model(graph));
    assertTrue(problem.contains("needs 8 bytes, its buffer has 7"), problem);
  }

  @Test
  void rejectsScalesThatDoNotMatchAxis() {
    Quantization perAxis = Quantization.perAxis(new float[] {1, 2, 3}, 0);
    Graph graph =
        new Graph(
            "g", List.of(value(0).withQuantization(perAxis)), List.of(0), List.of(0), List.of());
    assertTrue(onlyProblem(model(graph)).contains("3 scales along axis 0 of [2]"));
  }

  @Test
  void rejectsSignatureOfMissingGraph() {
    Graph graph = new Graph("g", List.of(value(0)), List.of(0), List.of(0), List.of());
    var signature = new Signature("serve", 3, List.of(), List.of());
    var model = new Model("", List.of(graph), List.of(signature), List.of());
    assertTrue(onlyProblem(model).contains("signature 'serve': refers to graph 3 of 1"));
    assertThrows(InvalidGraphException.class, () -> GraphCheck.check(model));
  }
}
