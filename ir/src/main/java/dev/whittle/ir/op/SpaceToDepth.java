package dev.whittle.ir.op;

import dev.whittle.ir.Op;
import dev.whittle.ir.OpType;
import dev.whittle.ir.OperandException;
import dev.whittle.ir.Operands;
import dev.whittle.ir.Options;
import dev.whittle.ir.QuantizationRule;
import dev.whittle.ir.Shape;
import dev.whittle.ir.TensorType;
import dev.whittle.ir.TypedShape;
import dev.whittle.ir.kernel.Kernel;
import dev.whittle.ir.kernel.Tensor;
import java.util.List;

/**
 * The elements of square blocks of a picture {@code [batch, height, width, channels]} as channels.
 */
public record SpaceToDepth(int blockSize) implements Op {
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
      throw OperandException.invalid("blocks of %d in %s", blockSize, input);
    }
    if (!input.isRankKnown()) {
      return List.of(new TypedShape(operands.type(0), Shapes.dynamic(4)));
    }
    int square = Math.multiplyExact(blockSize, blockSize);
    for (int axis = 1; axis <= 2; axis++) {
      if (input.dim(axis) != Shape.DYNAMIC && input.dim(axis) % blockSize != 0) {
        throw OperandException.invalid("blocks of %d in %s", blockSize, input);
      }
    }
    Shape output =
        Shape.of(
            input.dim(0),
            Shapes.mapped(input.dim(1), e -> e / blockSize),
            Shapes.mapped(input.dim(2), e -> e / blockSize),
            Shapes.mapped(input.dim(3), e -> Math.multiplyExact(e, square)));
    return List.of(new TypedShape(operands.type(0), output));
  }

  @Override
  public Kernel kernel(Operands operands) {
    Elements.requireMovable(operands.type(0));
    return invocation -> {
      Tensor in = invocation.input(0);
      Tensor out = invocation.output(0);
      int channels = in.dim(3);
      long at = 0;
      for (int b = 0; b < out.dim(0); b++) {
        for (int y = 0; y < out.dim(1); y++) {
          for (int x = 0; x < out.dim(2); x++) {
            for (int block = 0; block < blockSize * blockSize; block++, at += channels) {
              long row = (long) y * blockSize + block / blockSize;
              long column = (long) x * blockSize + block % blockSize;
              long place = (b * (long) in.dim(1) + row) * in.dim(2) + column;
              Elements.copy(in, place * channels, out, at, channels);
            }
          }
        }
      }
    };
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
