package dev.whittle.runtime.kernel;

import dev.whittle.ir.Shape;
import dev.whittle.ir.kernel.Tensor;
import dev.whittle.ir.op.Conv2D;
import dev.whittle.ir.op.DepthwiseConv2D;

/** How a filter moves over pictures. */
record Strides(int padding, int height, int width, int dilationHeight, int dilationWidth) {
  static Strides of(Conv2D conv) {
    return new Strides(
        conv.padding(),
        conv.strideHeight(),
        conv.strideWidth(),
        conv.dilationHeight(),
        conv.dilationWidth());
  }

  static Strides of(DepthwiseConv2D conv) {
    return new Strides(
        conv.padding(),
        conv.strideHeight(),
        conv.strideWidth(),
        conv.dilationHeight(),
        conv.dilationWidth());
  }

  /** Where the runs of each output place begin; see {@link TapOffsets#of}. */
  int[] offsets(Tensor in, Shape filter, Tensor out) {
    var vertical =
        TapOffsets.Axis.of(padding, in.dim(1), filter.dim(1), out.dim(1), height, dilationHeight);
    var horizontal =
        TapOffsets.Axis.of(padding, in.dim(2), filter.dim(2), out.dim(2), width, dilationWidth);
    return TapOffsets.of(in.dim(0), vertical, horizontal, in.dim(3));
  }
}
