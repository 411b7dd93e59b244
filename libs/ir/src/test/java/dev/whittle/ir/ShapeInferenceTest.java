package dev.whittle.ir;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotNull;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.whittle.ir.op.math.Add;
import dev.whittle.ir.op.shape.Reshape;
import dev.whittle.ir.tensor.Shape;
import dev.whittle.ir.tensor.Tensor;
import dev.whittle.ir.tensor.TensorType;
import java.util.List;
import org.junit.jupiter.api.Test;

class ShapeInferenceTest {
  @Test
  void infersDynamicDimensionsFromInputShapes() {
    var builder = new GraphBuilder("main");
    Value x = builder.input("x", TensorType.FLOAT32, Shape.of(-1, 4));
    Value shape = builder.constant("shape", Tensor.of(new int[] {-1, 2}, 2));
    Value y = builder.node("y", new Reshape(), x, shape);
    Model model = builder.output(y).buildModel("");
    assertEquals(Shape.of(-1, 2), ShapeInference.infer(model, 0).shapes().get(y.id()));
    var sized = ShapeInference.infer(model, 0, List.of(Shape.of(3, 4)));
    assertEquals(Shape.of(6, 2), sized.shapes().get(y.id()));
  }

  @Test
  void computesIntegersThatDependOnConstants() {
    var builder = new GraphBuilder("main");
    Value x = builder.input("x", TensorType.FLOAT32, Shape.of(6));
    Value a = builder.constant("a", Tensor.of(new int[] {1, 1}, 2));
    Value b = builder.constant("b", Tensor.of(new int[] {1, 2}, 2));
    Value sum = builder.node("sum", new Add(), a, b);
    Value y = builder.node("y", new Reshape(), x, sum);
    Model model = builder.output(y).buildModel("");
    var inferred = ShapeInference.infer(model, 0);
    Tensor known = inferred.known().get(sum.id());
    assertNotNull(known);
    assertArrayEquals(new long[] {2, 3}, known.toLongs());
    assertEquals(Shape.of(2, 3), inferred.shapes().get(y.id()));
  }

  @Test
  void reportsNodeWithInvalidOperands() {
    var builder = new GraphBuilder("main");
    Value x = builder.input("x", TensorType.FLOAT32, Shape.of(-1));
    Value y = builder.input("y", TensorType.FLOAT32, Shape.of(3));
    Model model = builder.output(builder.node("sum", new Add(), x, y)).buildModel("");
    List<Shape> shapes = List.of(Shape.of(2), Shape.of(3));
    var thrown =
        assertThrows(MalformedModelException.class, () -> ShapeInference.infer(model, 0, shapes));
    String message = String.valueOf(thrown.getMessage());
    assertTrue(message.contains("node 0 ADD ('sum')"), message);
    assertTrue(message.contains("[2] and [3]"), message);
  }
}
