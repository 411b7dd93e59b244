package dev.whittle.ir.op.shape;

import dev.whittle.ir.Operands;
import dev.whittle.ir.kernel.Invocation;
import dev.whittle.ir.op.common.Shapes;
import dev.whittle.ir.tensor.OperandException;
import dev.whittle.ir.tensor.Shape;
import dev.whittle.ir.tensor.Tensor;
import java.util.Arrays;
import java.util.function.IntUnaryOperator;

/** Shape inference and reference kernels of {@link SpaceToBatchNd} and {@link BatchToSpaceNd}. */
final class SpaceBatchKernels {
  private SpaceBatchKernels() {}

  /** Returns the output shape of {@link SpaceToBatchNd}. */
  static Shape batchShape(Operands operands) {
    Shape input = operands.shape(0);
    long[] blocks = operands.knownIntegers(1);
    long[] paddings = operands.knownIntegers(2);
    if (!input.isRankKnown() || blocks == null || paddings == null) {
      return openShape(operands);
    }
    check(input, blocks, paddings);
    int[] dims = input.toArray();
    for (int i = 0; i < blocks.length; i++) {
      if (dims[i + 1] != Shape.DYNAMIC) {
        long padded = dims[i + 1] + paddings[2 * i] + paddings[2 * i + 1];
        if (padded % blocks[i] != 0) {
          throw OperandException.invalid(
              "axis %d has padded size %d; expected a multiple of block size %d",
              i + 1, padded, blocks[i]);
        }
        dims[i + 1] = Math.toIntExact(padded / blocks[i]);
      }
      dims[0] = Shapes.mapped(dims[0], multiplier(blocks[i]));
    }
    return Shape.of(dims);
  }

  private static IntUnaryOperator multiplier(long block) {
    return e -> Math.toIntExact(e * block);
  }

  /** Returns the output shape of {@link BatchToSpaceNd}. */
  static Shape spaceShape(Operands operands) {
    Shape input = operands.shape(0);
    long[] blocks = operands.knownIntegers(1);
    long[] paddings = operands.knownIntegers(2);
    if (!input.isRankKnown() || blocks == null || paddings == null) {
      return openShape(operands);
    }
    check(input, blocks, paddings);
    int[] dims = input.toArray();
    for (int i = 0; i < blocks.length; i++) {
      if (dims[i + 1] != Shape.DYNAMIC) {
        long cropped =
            Math.multiplyExact(dims[i + 1], blocks[i]) - paddings[2 * i] - paddings[2 * i + 1];
        if (cropped < 0) {
          throw OperandException.invalid(
              "axis %d has size %d; cannot crop %d and %d",
              i + 1, dims[i + 1] * blocks[i], paddings[2 * i], paddings[2 * i + 1]);
        }
        dims[i + 1] = Math.toIntExact(cropped);
      }
      if (dims[0] != Shape.DYNAMIC) {
        if (dims[0] % blocks[i] != 0) {
          throw OperandException.invalid(
              "input has %d batches; expected a multiple of block size %d", dims[0], blocks[i]);
        }
        dims[0] = (int) (dims[0] / blocks[i]);
      }
    }
    return Shape.of(dims);
  }

  /** Returns a shape in which the axes of computed blocks and the batch are open. */
  private static Shape openShape(Operands operands) {
    Shape input = operands.shape(0);
    Shape blocks = operands.shape(1);
    if (!input.isRankKnown()) {
      return Shape.UNKNOWN;
    }
    if (!blocks.isStatic() || blocks.rank() != 1 || blocks.dim(0) >= input.rank()) {
      return Shapes.dynamic(input.rank());
    }
    int[] dims = input.toArray();
    Arrays.fill(dims, 0, blocks.dim(0) + 1, Shape.DYNAMIC);
    return Shape.of(dims);
  }

  private static void check(Shape input, long[] blocks, long[] paddings) {
    boolean fits = input.rank() > blocks.length && paddings.length == 2 * blocks.length;
    for (int i = 0; fits && i < blocks.length; i++) {
      fits =
          blocks[i] > 0
              && blocks[i] <= Integer.MAX_VALUE
              && isDimension(paddings[2 * i])
              && isDimension(paddings[2 * i + 1]);
    }
    if (!fits) {
      throw OperandException.invalid(
          "block sizes %s and paddings or crops %s do not fit input %s",
          Arrays.toString(blocks), Arrays.toString(paddings), input);
    }
  }

  private static boolean isDimension(long value) {
    return value >= 0 && value <= Integer.MAX_VALUE;
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
    rearrange(invocation, out, invocation.input(0), true);
  }

  static void toSpace(Invocation invocation) {
    rearrange(invocation, invocation.input(0), invocation.output(0), false);
  }

  /**
   * Copies the elements between the two layouts.
   *
   * @param batched the tensor whose blocks are batches
   * @param spaced the tensor whose blocks are in the spatial axes
   * @param toBatched whether to copy from {@code spaced} to {@code batched}
   */
  private static void rearrange(
      Invocation invocation, Tensor batched, Tensor spaced, boolean toBatched) {
    long[] blocks = invocation.input(1).toLongs();
    long[] paddings = invocation.input(2).toLongs();
    int spatial = blocks.length;
    long slice = Shapes.product(batched.dims(), spatial + 1, batched.rank());
    long batches = spaced.dim(0);
    int[] position = new int[spatial + 1];
    long positions = Shapes.product(batched.dims(), 0, spatial + 1);
    for (long p = 0; p < positions; p++) {
      long remainder = p;
      for (int axis = spatial; axis >= 0; axis--) {
        position[axis] = (int) (remainder % batched.dim(axis));
        remainder /= batched.dim(axis);
      }
      long offset = position[0] / batches;
      long target = position[0] % batches;
      boolean inside = true;
      long[] offsets = new long[spatial];
      for (int i = spatial - 1; i >= 0; i--) {
        offsets[i] = offset % blocks[i];
        offset /= blocks[i];
      }
      for (int i = 0; i < spatial; i++) {
        long coordinate = position[i + 1] * blocks[i] + offsets[i] - paddings[2 * i];
        inside &= coordinate >= 0 && coordinate < spaced.dim(i + 1);
        target = target * spaced.dim(i + 1) + coordinate;
      }
      if (inside && toBatched) {
        Tensor.copy(spaced, target * slice, batched, p * slice, slice);
      } else if (inside) {
        Tensor.copy(batched, p * slice, spaced, target * slice, slice);
      }
    }
  }
}
