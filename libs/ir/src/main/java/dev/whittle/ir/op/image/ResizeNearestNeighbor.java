package dev.whittle.ir.op.image;

import dev.whittle.ir.Op;
import dev.whittle.ir.OpType;
import dev.whittle.ir.Operands;
import dev.whittle.ir.Options;
import dev.whittle.ir.QuantizationRule;
import dev.whittle.ir.kernel.Kernel;
import dev.whittle.ir.tensor.TensorType;
import dev.whittle.ir.tensor.TypedShape;
import java.util.List;

/**
 * Nearest-neighbor resizing of an image {@code [batch, height, width, channels]}. Operand 1
 * contains the new height and width.
 *
 * @param alignCorners whether the centers of the corner pixels of input and output coincide
 * @param halfPixelCenters whether pixel centers are at half-integer coordinates
 */
public record ResizeNearestNeighbor(boolean alignCorners, boolean halfPixelCenters) implements Op {
  public static final OpType<ResizeNearestNeighbor> TYPE =
      OpType.of(
          "RESIZE_NEAREST_NEIGHBOR",
          97,
          "ResizeNearestNeighborOptions",
          2,
          1,
          options ->
              new ResizeNearestNeighbor(
                  options.flag("align_corners", false), options.flag("half_pixel_centers", false)));

  @Override
  public OpType<ResizeNearestNeighbor> type() {
    return TYPE;
  }

  @Override
  public Options options() {
    return Options.of(TYPE.optionTable())
        .with("align_corners", alignCorners)
        .with("half_pixel_centers", halfPixelCenters);
  }

  @Override
  public List<TypedShape> infer(Operands operands) {
    return ResizeKernels.infer(operands);
  }

  @Override
  public Kernel kernel(Operands operands) {
    return ResizeKernels.nearest(operands, alignCorners, halfPixelCenters);
  }

  @Override
  public int version(Operands operands) {
    if (operands.type(0) == TensorType.INT16) {
      return 4;
    }
    if (halfPixelCenters || alignCorners) {
      return 3;
    }
    return operands.type(0) == TensorType.INT8 ? 2 : 1;
  }

  @Override
  public QuantizationRule quantizationRule() {
    return QuantizationRule.of(QuantizationRule.Scales.SHARED, TensorType.INT8, TensorType.INT16);
  }
}
