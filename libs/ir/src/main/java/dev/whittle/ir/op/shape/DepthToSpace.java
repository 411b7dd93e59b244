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
 * The rearrangement of channels of an image {@code [batch, height, width, channels]} into square
 * blocks of pixels.
 *
 * @param blockSize the height and width of a block
 */
public record DepthToSpace(int blockSize) implements StridedViewOp {
  public static final OpType<DepthToSpace> TYPE =
      OpType.of(
          "DEPTH_TO_SPACE",
          5,
          "DepthToSpaceOptions",
          1,
          1,
          options -> new DepthToSpace(options.integer("block_size", 0)));

  @Override
  public OpType<DepthToSpace> type() {
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
    if (input.dim(3) != Shape.DYNAMIC && input.dim(3) % square != 0) {
      throw OperandException.invalid(
          "input %s; expected a multiple of %d channels for block size %d",
          input, square, blockSize);
    }
    Shape output =
        Shape.of(
            input.dim(0),
            Shapes.mapped(input.dim(1), d -> Math.multiplyExact(d, blockSize)),
            Shapes.mapped(input.dim(2), d -> Math.multiplyExact(d, blockSize)),
            Shapes.mapped(input.dim(3), d -> d / square));
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
    long channels = out.dim(3);
    int[] dimensions = {in.dim(0), in.dim(1), blockSize, in.dim(2), blockSize, out.dim(3)};
    long[] strides = {row * in.dim(1), row, channels * blockSize, pixel, channels, 1};
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
