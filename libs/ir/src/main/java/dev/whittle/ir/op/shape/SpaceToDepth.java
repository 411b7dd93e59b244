package dev.whittle.ir.op.shape;

import dev.whittle.ir.OpType;
import dev.whittle.ir.Operands;
import dev.whittle.ir.Options;
import dev.whittle.ir.QuantizationRule;
import dev.whittle.ir.kernel.Kernel;
import dev.whittle.ir.op.common.Shapes;
import dev.whittle.ir.tensor.OperandException;
import dev.whittle.ir.tensor.Shape;
import dev.whittle.ir.tensor.TensorType;
import dev.whittle.ir.tensor.TypedShape;
import java.util.List;
import java.util.function.IntFunction;

/**
 * The rearrangement of square blocks of pixels of an image {@code [batch, height, width, channels]}
 * into channels.
 *
 * @param blockSize the height and width of a block
 */
public record SpaceToDepth(int blockSize) implements StridedViewOp {
  public static final OpType<SpaceToDepth> TYPE =
      OpType.of(
          "SPACE_TO_DEPTH",
          26,
          "SpaceToDepthOptions",
          1,
          1,
          options -> new SpaceToDepth(options.integer("block_size", 0)));

  @Override
  public OpType<SpaceToDepth> type() {
    return TYPE;
  }

  @Override
  public Options options() {
    return Options.of(TYPE.optionTable()).with("block_size", blockSize);
  }

  @Override
  public List<TypedShape> infer(Operands operands) {
    Shape input = operands.shape(0);
    if (blockSize < 1 || (input.isRankKnown() && input.rank() != 4)) {
      throw OperandException.invalid(
          "block size %d and input %s; expected at least 1 and 4 dimensions", blockSize, input);
    }
    if (!input.isRankKnown()) {
      return List.of(new TypedShape(operands.type(0), Shapes.dynamic(4)));
    }
    int square = Math.multiplyExact(blockSize, blockSize);
    for (int axis = 1; axis <= 2; axis++) {
      if (input.dim(axis) != Shape.DYNAMIC && input.dim(axis) % blockSize != 0) {
        throw OperandException.invalid(
            "input %s; expected a height and width that are multiples of block size %d",
            input, blockSize);
      }
    }
    Shape output =
        Shape.of(
            input.dim(0),
            Shapes.mapped(input.dim(1), d -> d / blockSize),
            Shapes.mapped(input.dim(2), d -> d / blockSize),
            Shapes.mapped(input.dim(3), d -> Math.multiplyExact(d, square)));
    return List.of(new TypedShape(operands.type(0), output));
  }

  @Override
  public Kernel kernel(Operands operands) {
    operands.type(0).requireWholeBytes();
    return StridedView.kernel(this);
  }

  @Override
  public StridedView view(Shape in, Shape out, IntFunction<long[]> contents) {
    long pixel = in.dim(3);
    long row = pixel * in.dim(2);
    int[] dimensions = {in.dim(0), out.dim(1), out.dim(2), blockSize, blockSize, in.dim(3)};
    long[] strides = {row * in.dim(1), row * blockSize, pixel * blockSize, row, pixel, 1};
    return new StridedView(dimensions, strides, 0);
  }

  @Override
  public int version(Operands operands) {
    return operands.type(0) == TensorType.INT8 ? 2 : 1;
  }

  @Override
  public QuantizationRule quantizationRule() {
    return QuantizationRule.of(QuantizationRule.Scales.SHARED, TensorType.INT8);
  }
}
