package dev.whittle.ir.rewrite;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotNull;
import static org.junit.jupiter.api.Assertions.assertThrows;

import dev.whittle.ir.Graph;
import dev.whittle.ir.GraphBuilder;
import dev.whittle.ir.InvalidGraphException;
import dev.whittle.ir.Model;
import dev.whittle.ir.Value;
import dev.whittle.ir.op.math.Abs;
import dev.whittle.ir.op.math.Add;
import dev.whittle.ir.op.shape.Reshape;
import dev.whittle.ir.tensor.Constant;
import dev.whittle.ir.tensor.Shape;
import dev.whittle.ir.tensor.Tensor;
import dev.whittle.ir.tensor.TensorType;
import java.util.List;
import org.junit.jupiter.api.Test;

class RewriterTest {
  @Test
  void foldsNodesWithConstantInputs() {
    var builder = new GraphBuilder("main");
    Value x = builder.input("x", TensorType.FLOAT32, Shape.of(2));
    Value a = builder.constant("a", Tensor.of(new float[] {1, -2}, 2));
    Value magnitude = builder.node("magnitude", new Abs(), a);
    Model model = builder.output(builder.node("y", new Add(), x, magnitude)).buildModel("");

    Rewriter.Result result = Rewriter.rewrite(model, CleanupRules.RULES);

    Graph graph = result.model().mainGraph();
    assertEquals(1, graph.nodes().size());
    Value folded = graph.value(graph.nodes().getFirst().inputs().get(1));
    Constant data = folded.data();
    assertNotNull(data);
    assertArrayEquals(
        new float[] {1, 2}, Tensor.of(folded.type(), folded.shape(), null, data).toFloats());
    assertEquals(
        List.of(new Rewriter.Firing("fold-constants", "main", "ABS 'magnitude'")),
        result.firings());
  }

  @Test
  void removesUnusedNodesAndTheirValues() {
    var builder = new GraphBuilder("main");
    Value x = builder.input("x", TensorType.FLOAT32, Shape.of(2));
    Value unused = builder.node("unused", new Abs(), x);
    Value alsoUnused = builder.node("also", new Abs(), unused);
    assertEquals(2, alsoUnused.id());
    Model model = builder.output(builder.node("y", new Add(), x, x)).buildModel("");

    Model rewritten = Rewriter.rewrite(model, CleanupRules.RULES).model();

    assertEquals(1, rewritten.mainGraph().nodes().size());
    assertEquals(2, rewritten.mainGraph().values().size());
    assertEquals("y", rewritten.signatures().getFirst().outputs().getFirst().name());
    assertEquals(1, rewritten.signatures().getFirst().outputs().getFirst().value());
  }

  @Test
  void mergesConsecutiveReshapes() {
    var builder = new GraphBuilder("main");
    Value x = builder.input("x", TensorType.FLOAT32, Shape.of(2, 6));
    Value first = builder.node("a", new Reshape(List.of(3, 4)), x);
    Model model = builder.output(builder.node("b", new Reshape(List.of(12)), first)).buildModel("");

    Model rewritten = Rewriter.rewrite(model, CleanupRules.RULES).model();

    assertEquals(1, rewritten.mainGraph().nodes().size());
    assertEquals(List.of(0), rewritten.mainGraph().nodes().getFirst().inputs());
  }

  @Test
  void keepsNodesThatComputeOutputs() {
    var builder = new GraphBuilder("main");
    Value x = builder.input("x", TensorType.FLOAT32, Shape.of(2));
    Value y = builder.node("y", new Abs(), x);
    Value z = builder.node("z", new Abs(), y);
    Model model = builder.output(y, z).buildModel("");
    assertEquals(model, Rewriter.rewrite(model, CleanupRules.RULES).model());
  }

  @Test
  void rejectsRulesThatApplyWithoutEnd() {
    var builder = new GraphBuilder("main");
    Value x = builder.input("x", TensorType.FLOAT32, Shape.of(2));
    Model model = builder.output(builder.node("y", new Abs(), x)).buildModel("");
    var endless = new Rule("endless", "Always applies.", (editor, node) -> true);
    assertThrows(InvalidGraphException.class, () -> Rewriter.rewrite(model, List.of(endless)));
  }
}
