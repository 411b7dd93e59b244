package dev.whittle.tflite;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.whittle.ir.GraphBuilder;
import dev.whittle.ir.Model;
import dev.whittle.ir.Value;
import dev.whittle.ir.op.Activation;
import dev.whittle.ir.op.math.Add;
import dev.whittle.ir.op.math.Exp;
import dev.whittle.ir.op.math.Less;
import dev.whittle.ir.tensor.Shape;
import dev.whittle.ir.tensor.TensorType;
import java.util.List;
import org.junit.jupiter.api.Test;

class KernelCheckTest {
  private static List<KernelCheck.Missing> own(Model model) {
    return KernelCheck.missing(model, 0, KernelCheck.Target.WHITTLE);
  }

  private static List<KernelCheck.Missing> nativeOnes(Model model) {
    return KernelCheck.missing(model, 0, KernelCheck.Target.TENSORFLOW_LITE);
  }

  private static Model comparison(Shape left, Shape right) {
    var graph = new GraphBuilder("main");
    Value a = graph.input("a", TensorType.FLOAT32, left);
    Value b = graph.input("b", TensorType.FLOAT32, right);
    return graph.output(graph.node("less", new Less(), a, b)).buildModel("");
  }

  @Test
  void findsBroadcastsOfMoreDimensionsThanNativeKernelsTake() {
    Model model = comparison(Shape.of(2, 3, 1, 2, 2), Shape.of(2, 1, 4, 2, 2));
    assertTrue(own(model).isEmpty());
    List<KernelCheck.Missing> missing = nativeOnes(model);
    assertEquals(1, missing.size());
    assertTrue(missing.getFirst().place().contains("LESS"), missing::toString);
  }

  @Test
  void acceptsManyDimensionsWithoutBroadcast() {
    Shape shape = Shape.of(2, 3, 4, 2, 2);
    assertTrue(nativeOnes(comparison(shape, shape)).isEmpty());
  }

  @Test
  void findsTypesWithoutKernelsInBothRuntimes() {
    var graph = new GraphBuilder("main");
    Value x = graph.input("x", TensorType.FLOAT64, Shape.of(3));
    Value e = graph.node("exp", new Exp(), x);
    graph.output(graph.node("sum", new Add(Activation.NONE, true), e, e));
    Model model = graph.buildModel("");
    assertEquals(2, own(model).size());
    assertEquals(2, nativeOnes(model).size());
  }
}
