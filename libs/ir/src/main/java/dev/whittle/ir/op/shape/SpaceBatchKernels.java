package dev.whittle.ir.op.shape;

import dev.whittle.ir.Operands;
import dev.whittle.ir.kernel.Invocation;
import dev.whittle.ir.op.common.Shapes;
import dev.whittle.ir.tensor.OperandException;
import dev.whittle.ir.tensor.Quantization;
import dev.whittle.ir.tensor.Shape;
import dev.whittle.ir.tensor.Tensor;
import org.jspecify.annotations.Nullable;

/** Shapes and reference kernels of {@link SpaceToBatchNd} and {@link BatchToSpaceNd}. */
final class SpaceBatchKernels {
  private SpaceBatchKernels() {}

  static int zero(@Nullable Quantization quantization) {
    return quantization == null ? 0 : quantization.zeroPointValue();
  }

  /** The shape of {@link SpaceToBatchNd}. */
  static Shape batched(Operands operands) {
    Shape input = operands.shape(0);
    long[] blocks = operands.knownIntegers(1);
    long[] margins = operands.knownIntegers(2);
    if (!input.isRankKnown() || blocks == null || margins == null) {
      return input.isRankKnown() ? Shapes.dynamic(input.rank()) : Shape.UNKNOWN;
    }
    check(input, blocks, margins);
    int[] dims = input.toArray();
    for (int i = 0; i < blocks.length; i++) {
      if (dims[i + 1] != Shape.DYNAMIC) {
        long padded = dims[i + 1] + margins[2 * i] + margins[2 * i + 1];
        if (padded % blocks[i] != 0) {
          throw OperandException.invalid("blocks of %d in an extent of %d", blocks[i], padded);
        }
        dims[i + 1] = Math.toIntExact(padded / blocks[i]);
      }
      dims[0] = Shapes.mapped(dims[0], multiplier(blocks[i]));
    }
    return Shape.of(dims);
  }

  private static java.util.function.IntUnaryOperator multiplier(long block) {
    return e -> Math.toIntExact(e * block);
  }

  /** The shape of {@link BatchToSpaceNd}. */
  static Shape spaced(Operands operands) {
    Shape input = operands.shape(0);
    long[] blocks = operands.knownIntegers(1);
    long[] margins = operands.knownIntegers(2);
    if (!input.isRankKnown() || blocks == null || margins == null) {
      return input.isRankKnown() ? Shapes.dynamic(input.rank()) : Shape.UNKNOWN;
    }
    check(input, blocks, margins);
    int[] dims = input.toArray();
    for (int i = 0; i < blocks.length; i++) {
      if (dims[i + 1] != Shape.DYNAMIC) {
        long cropped =
            Math.multiplyExact(dims[i + 1], blocks[i]) - margins[2 * i] - margins[2 * i + 1];
        if (cropped < 0) {
          throw OperandException.invalid("crops more than there is of axis %d", i + 1);
        }
        dims[i + 1] = Math.toIntExact(cropped);
      }
      if (dims[0] != Shape.DYNAMIC) {
        if (dims[0] % blocks[i] != 0) {
          throw OperandException.invalid("%d batches for blocks of %d", dims[0], blocks[i]);
        }
        dims[0] = (int) (dims[0] / blocks[i]);
      }
    }
    return Shape.of(dims);
  }

  private static void check(Shape input, long[] blocks, long[] margins) {
    boolean fits = input.rank() > blocks.length && margins.length == 2 * blocks.length;
    for (int i = 0; fits && i < blocks.length; i++) {
      fits =
          blocks[i] > 0
              && blocks[i] <= Integer.MAX_VALUE
              && within(margins[2 * i])
              && within(margins[2 * i + 1]);
    }
    if (!fits) {
      throw OperandException.invalid(
          "blocks %s and margins %s for %s",
          java.util.Arrays.toString(blocks), java.util.Arrays.toString(margins), input);
    }
  }

  private static boolean within(long margin) {
    return margin >= 0 && margin <= Integer.MAX_VALUE;
  }

  static void toBatch(Invocation invocation, int zero) {
    Tensor out = invocation.output(0);
    for (long i = 0; i < out.elements(); i++) {
      if (out.type().isInteger()) {
        out.setInteger(i, zero);
      }
    }
    if (!out.type().isInteger()) {
      out.data().fill((byte) 0);
    }
    pairs(invocation, out, invocation.input(0), true);
  }

  static void toSpace(Invocation invocation) {
    pairs(invocation, invocation.input(0), invocation.output(0), false);
  }

  /** Copies between the elements of {@code batched} and those of {@code spaced} they stand for. */
  private static void pairs(
      Invocation invocation, Tensor batched, Tensor spaced, boolean toBatched) {
    long[] blocks = invocation.input(1).toLongs();
    long[] margins = invocation.input(2).toLongs();
    int spatial = blocks.length;
    long slice = Shapes.product(batched.dims(), spatial + 1, batched.rank());
    long batches = spaced.dim(0);
    int[] place = new int[spatial + 1];
    long places = Shapes.product(batched.dims(), 0, spatial + 1);
    for (long p = 0; p < places; p++) {
      long rest = p;
      for (int axis = spatial; axis >= 0; axis--) {
        place[axis] = (int) (rest % batched.dim(axis));
        rest /= batched.dim(axis);
      }
      long offset = place[0] / batches;
      long target = place[0] % batches;
      boolean inside = true;
      long[] offsets = new long[spatial];
      for (int i = spatial - 1; i >= 0; i--) {
        offsets[i] = offset % blocks[i];
        offset /= blocks[i];
      }
      for (int i = 0; i < spatial; i++) {
        long at = place[i + 1] * blocks[i] + offsets[i] - margins[2 * i];
        inside &= at >= 0 && at < spaced.dim(i + 1);
        target = target * spaced.dim(i + 1) + at;
      }
      if (inside && toBatched) {
        Tensor.copy(spaced, target * slice, batched, p * slice, slice);
      } else if (inside) {
        Tensor.copy(batched, p * slice, spaced, target * slice, slice);
      }
    }
  }
}
