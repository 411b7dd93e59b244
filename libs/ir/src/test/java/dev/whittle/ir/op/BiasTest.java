package dev.whittle.ir.op;

import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.whittle.ir.Op;
import dev.whittle.ir.Operand;
import dev.whittle.ir.Operands;
import dev.whittle.ir.op.nn.Conv2D;
import dev.whittle.ir.op.nn.Conv3D;
import dev.whittle.ir.op.nn.Conv3DTranspose;
import dev.whittle.ir.op.nn.DepthwiseConv2D;
import dev.whittle.ir.op.nn.FullyConnected;
import dev.whittle.ir.op.nn.TransposeConv;
import dev.whittle.ir.tensor.OperandException;
import dev.whittle.ir.tensor.Shape;
import dev.whittle.ir.tensor.TensorType;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

class BiasTest {
  private static final Activation NONE = Activation.NONE;
  private static final TensorType FLOAT = TensorType.FLOAT32;

  /** A layer of two output channels, with the shapes of its operands before the bias. */
  record Layer(Op op, List<Shape> operands) {
    Layer(Op op, Shape... operands) {
      this(op, List.of(operands));
    }
  }

  static Stream<Layer> layers() {
    Shape image = Shape.of(1, 5, 5, 2);
    Shape volume = Shape.of(1, 4, 4, 4, 2);
    return Stream.of(
        new Layer(new Conv2D(Padding.VALID, 1, 1, NONE, 1, 1, FLOAT), image, Shape.of(2, 3, 3, 2)),
        new Layer(
            new DepthwiseConv2D(Padding.VALID, 1, 1, 1, NONE, 1, 1), image, Shape.of(1, 3, 3, 2)),
        new Layer(new FullyConnected(NONE, false), Shape.of(3, 4), Shape.of(2, 4)),
        new Layer(
            new TransposeConv(Padding.VALID, 1, 1, NONE, FLOAT),
            Shape.of(4),
            Shape.of(2, 3, 3, 2),
            image),
        new Layer(
            new Conv3D(Padding.VALID, 1, 1, 1, NONE, 1, 1, 1), volume, Shape.of(2, 2, 2, 2, 2)),
        new Layer(
            new Conv3DTranspose(Padding.VALID, 1, 1, 1, NONE, 1, 1, 1),
            Shape.of(5),
            Shape.of(2, 2, 2, 2, 2),
            volume));
  }

  @ParameterizedTest
  @MethodSource("layers")
  void aBiasHasOneElementForEachOutputChannel(Layer layer) {
    layer.op.kernel(operands(layer, 2));
    var refused = assertThrows(OperandException.class, () -> layer.op.kernel(operands(layer, 3)));
    assertTrue(String.valueOf(refused.getMessage()).contains("expected 2"), refused::toString);
  }

  private static Operands operands(Layer layer, int bias) {
    List<@Nullable Operand> inputs = new ArrayList<>();
    for (Shape shape : layer.operands) {
      TensorType type = shape.rank() == 1 ? TensorType.INT32 : FLOAT;
      inputs.add(new Operand("x" + inputs.size(), type, shape, null, null));
    }
    inputs.add(new Operand("bias", FLOAT, Shape.of(bias), null, null));
    Operand output = new Operand("y", FLOAT, Shape.UNKNOWN, null, null);
    return new Operands(inputs, List.of(output), Operands.SubgraphTypes.NONE);
  }
}
