package dev.whittle.ir.op;

import static org.junit.jupiter.api.Assertions.assertEquals;

import dev.whittle.ir.Op;
import dev.whittle.ir.Operand;
import dev.whittle.ir.Operands;
import dev.whittle.ir.op.nn.Conv3D;
import dev.whittle.ir.op.nn.Conv3DTranspose;
import dev.whittle.ir.op.recurrent.UnidirectionalSequenceRnn;
import dev.whittle.ir.tensor.Shape;
import dev.whittle.ir.tensor.Tensor;
import dev.whittle.ir.tensor.TensorType;
import java.util.List;
import org.junit.jupiter.api.Test;

class MultiplyAccumulatesTest {
  private static Operand computed(int... dims) {
    return new Operand("computed", TensorType.FLOAT32, Shape.of(dims), null, null);
  }

  private static Operand constant(int... dims) {
    Tensor tensor = Tensor.allocate(TensorType.FLOAT32, dims);
    return new Operand("constant", TensorType.FLOAT32, Shape.of(dims), null, tensor);
  }

  private static long count(Op op, List<Operand> inputs, Operand output) {
    return op.multiplyAccumulates(
        new Operands(inputs, List.of(output), Operands.SubgraphTypes.NONE));
  }

  @Test
  void conv3DCountsFilterElementsForEachOutputPosition() {
    var conv = new Conv3D(Padding.SAME, 1, 1, 1, Activation.NONE, 1, 1, 1);
    List<Operand> inputs = List.of(computed(2, 6, 7, 8, 5), constant(3, 2, 4, 5, 9), constant(9));
    assertEquals(
        (2L * 6 * 7 * 8) * (3 * 2 * 4 * 5 * 9), count(conv, inputs, computed(2, 6, 7, 8, 9)));
    assertEquals(0, count(conv, inputs, computed(2, Shape.DYNAMIC, 7, 8, 9)), "not known");
  }

  @Test
  void conv3DTransposeCountsFilterElementsForEachInputPosition() {
    var conv = new Conv3DTranspose(Padding.SAME, 2, 2, 2, Activation.NONE, 1, 1, 1);
    List<Operand> inputs = List.of(constant(5), constant(3, 2, 4, 9, 5), computed(2, 6, 7, 8, 5));
    assertEquals(
        (2L * 6 * 7 * 8) * (3 * 2 * 4 * 9 * 5), count(conv, inputs, computed(2, 12, 14, 16, 9)));
  }

  @Test
  void recurrentLayerCountsMatricesForEachStepAndSample() {
    var layer = new UnidirectionalSequenceRnn(false, Activation.TANH, false);
    List<Operand> inputs =
        List.of(
            computed(4, 50, 6), constant(10, 6), constant(10, 10), constant(10), computed(4, 10));
    assertEquals(4L * 50 * (10 * 6 + 10 * 10), count(layer, inputs, computed(4, 50, 10)));
  }
}
