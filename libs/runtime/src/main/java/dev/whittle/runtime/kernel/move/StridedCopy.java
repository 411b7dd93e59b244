package dev.whittle.runtime.kernel.move;

import dev.whittle.ir.Operand;
import dev.whittle.ir.Operands;
import dev.whittle.ir.kernel.Invocation;
import dev.whittle.ir.kernel.Kernel;
import dev.whittle.ir.op.shape.StridedView;
import dev.whittle.ir.tensor.Shape;
import dev.whittle.ir.tensor.TensorType;
import dev.whittle.runtime.kernel.execution.ArrayView;
import dev.whittle.runtime.kernel.execution.ByteArray;
import dev.whittle.runtime.kernel.execution.FloatArray;
import dev.whittle.runtime.kernel.execution.Scratch;
import dev.whittle.runtime.kernel.execution.Workers;
import dev.whittle.runtime.kernel.geometry.ArraySize;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.Arrays;
import org.jspecify.annotations.Nullable;

/**
 * A copy of elements of any type by loops of constant strides: transposition, slicing, tiling and
 * padding.
 */
public final class StridedCopy implements Kernel, Workers.Task {
  private static final int CHUNK = 1 << 14;

  private final Workers workers;
  private final CopyLoops loops;
  private final boolean floats;
  private final int firstRead;
  private final int firstWritten;

  /** The bytes of the padding value; none if the loops write the whole output. */
  private final byte[] padding;

  private final float floatPadding;
  private final int blocksPerChunk;
  private final FloatArray input = new FloatArray();
  private final FloatArray output = new FloatArray();
  private final ByteArray stored = new ByteArray();
  private final ByteArray storedResults = new ByteArray();

  private StridedCopy(
      Workers workers,
      TensorType type,
      CopyLoops loops,
      int firstRead,
      int firstWritten,
      byte[] padding) {
    this.workers = workers;
    this.loops = loops;
    this.floats = type == TensorType.FLOAT32;
    this.firstRead = firstRead;
    this.firstWritten = firstWritten;
    this.padding = padding;
    this.floatPadding =
        floats && padding.length > 0
            ? ByteBuffer.wrap(padding).order(ByteOrder.LITTLE_ENDIAN).getFloat()
            : 0;
    this.blocksPerChunk = Math.max(1, CHUNK / Math.max(1, loops.blockElements()));
  }

  /** Copies what a walk visits; null where the elements' type has no fixed size. */
  public static @Nullable StridedCopy of(Workers workers, StridedView walk, Operands operands) {
    int[] dimensions = walk.dimensions();
    long[] to = new long[dimensions.length];
    long step = 1;
    for (int i = dimensions.length - 1; i >= 0; i--) {
      to[i] = step;
      step *= dimensions[i];
    }
    if (step != operands.output(0).shape().elements()) {
      return null;
    }
    return of(workers, operands, dimensions, walk.strides(), to, walk.offset(), 0, new byte[0]);
  }

  /**
   * Copies operand 0 into a larger output.
   *
   * @param before padding before each axis
   * @param padding the bytes of the padding value
   * @return null if elements are smaller than a byte
   */
  public static @Nullable StridedCopy padding(
      Workers workers, Operands operands, long[] before, byte[] padding) {
    Shape in = operands.shape(0);
    Shape out = operands.output(0).shape();
    long[] from = strides(in);
    long[] to = strides(out);
    long firstWritten = 0;
    for (int i = 0; i < to.length; i++) {
      firstWritten += before[i] * to[i];
    }
    return of(workers, operands, in.toArray(), from, to, 0, firstWritten, padding);
  }

  private static long[] strides(Shape shape) {
    long[] strides = new long[shape.rank()];
    long stride = 1;
    for (int i = strides.length - 1; i >= 0; i--) {
      strides[i] = stride;
      stride *= shape.dim(i);
    }
    return strides;
  }

  private static @Nullable StridedCopy of(
      Workers workers,
      Operands operands,
      int[] dimensions,
      long[] from,
      long[] to,
      long firstRead,
      long firstWritten,
      byte[] padding) {
    Operand operand = operands.input(0);
    TensorType type = operand.type();
    if (!type.hasFixedSize()
        || type.bits() < 8
        || !isWithin(dimensions, from, firstRead, operand.shape().elements())
        || !isWithin(dimensions, to, firstWritten, operands.output(0).shape().elements())) {
      return null;
    }
    int size = type == TensorType.FLOAT32 ? 1 : type.bits() / 8;
    int axes = dimensions.length;
    int[] counts = Arrays.copyOf(dimensions, axes + 1);
    long[] reads = Arrays.copyOf(from, axes + 1);
    long[] writes = Arrays.copyOf(to, axes + 1);
    for (int i = 0; i < axes; i++) {
      reads[i] *= size;
      writes[i] *= size;
    }
    // The bytes of an element are a loop of their own.
    counts[axes] = size;
    reads[axes] = 1;
    writes[axes] = 1;
    return new StridedCopy(
        workers,
        type,
        new CopyLoops(counts, reads, writes),
        ArraySize.of(firstRead * size),
        ArraySize.of(firstWritten * size),
        padding);
  }

  /** Returns whether loops stay within a tensor, whose array also holds other tensors. */
  private static boolean isWithin(int[] dimensions, long[] steps, long first, long elements) {
    long low = first;
    long high = first;
    for (int i = 0; i < dimensions.length; i++) {
      if (dimensions[i] == 0) {
        return true;
      }
      long reach = (dimensions[i] - 1) * steps[i];
      low += Math.min(0, reach);
      high += Math.max(0, reach);
    }
    return low >= 0 && high < elements;
  }

  @Override
  public void run(Invocation invocation) {
    if (floats) {
      input.bind(invocation.input(0));
      output.bindOutput(invocation.output(0));
    } else {
      stored.bind(invocation.input(0));
      storedResults.bindOutput(invocation.output(0));
    }
    if (padding.length > 0) {
      fill(Math.toIntExact(invocation.output(0).elements()));
    }
    int blocks = loops.blockElements() == 0 ? 0 : loops.blocks();
    workers.run(this, Math.ceilDiv(blocks, blocksPerChunk));
  }

  private void fill(int elements) {
    if (floats) {
      Arrays.fill(output.array(), output.offset(), output.offset() + elements, floatPadding);
      return;
    }
    byte[] array = storedResults.array();
    int end = storedResults.offset() + elements * padding.length;
    if (padding.length == 1) {
      Arrays.fill(array, storedResults.offset(), end, padding[0]);
      return;
    }
    for (int b = 0; b < padding.length; b++) {
      for (int i = storedResults.offset() + b; i < end; i += padding.length) {
        array[i] = padding[b];
      }
    }
  }

  @Override
  public void run(int chunk, Scratch scratch) {
    int firstBlock = chunk * blocksPerChunk;
    int endBlock = Math.min(firstBlock + blocksPerChunk, loops.blocks());
    ArrayView<?> in = floats ? input : stored;
    ArrayView<?> out = floats ? output : storedResults;
    loops.copy(
        in.array(),
        in.offset() + firstRead,
        out.array(),
        out.offset() + firstWritten,
        firstBlock,
        endBlock,
        scratch.inputIndices(loops.outerLoops()));
  }
}
