package dev.whittle.runtime.kernel.move;

import dev.whittle.ir.Operand;
import dev.whittle.ir.Operands;
import dev.whittle.ir.kernel.Invocation;
import dev.whittle.ir.kernel.Kernel;
import dev.whittle.ir.op.shape.Walk;
import dev.whittle.ir.tensor.Shape;
import dev.whittle.ir.tensor.TensorType;
import dev.whittle.runtime.kernel.execution.ArrayView;
import dev.whittle.runtime.kernel.execution.ByteArray;
import dev.whittle.runtime.kernel.execution.FloatArray;
import dev.whittle.runtime.kernel.execution.Scratch;
import dev.whittle.runtime.kernel.execution.Workers;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.Arrays;
import org.jspecify.annotations.Nullable;

/**
 * Moves elements, whatever they stand for, by loops with constant steps: transpositions, slices,
 * repetitions, and what puts a rim around a tensor.
 */
public final class StridedCopy implements Kernel, Workers.Task {
  private static final int CHUNK = 1 << 14;

  private final Workers workers;
  private final CopyLoops loops;
  private final boolean floats;
  private final int first;
  private final int place;

  /** The bytes of a rim's element; none where the loops write the whole output. */
  private final byte[] rim;

  private final float floatRim;
  private final int perChunk;
  private final FloatArray input = new FloatArray();
  private final FloatArray output = new FloatArray();
  private final ByteArray stored = new ByteArray();
  private final ByteArray storedResults = new ByteArray();

  private StridedCopy(
      Workers workers, TensorType type, CopyLoops loops, int first, int place, byte[] rim) {
    this.workers = workers;
    this.loops = loops;
    this.floats = type == TensorType.FLOAT32;
    this.first = first;
    this.place = place;
    this.rim = rim;
    this.floatRim =
        floats && rim.length > 0
            ? ByteBuffer.wrap(rim).order(ByteOrder.LITTLE_ENDIAN).getFloat()
            : 0;
    this.perChunk = Math.max(1, CHUNK / Math.max(1, loops.pieceElements()));
  }

  /** Copies what a walk visits; null where the elements' type has no fixed size. */
  public static @Nullable StridedCopy of(Workers workers, Walk walk, Operands operands) {
    int[] extents = walk.extents();
    long[] to = new long[extents.length];
    long step = 1;
    for (int i = extents.length - 1; i >= 0; i--) {
      to[i] = step;
      step *= extents[i];
    }
    if (step != operands.output(0).shape().elements()) {
      return null;
    }
    return of(workers, operands, extents, walk.steps(), to, walk.first(), 0, new byte[0]);
  }

  /**
   * Copies operand 0 into a larger output.
   *
   * @param before the rim's extent before each axis
   * @param rim the bytes of the element that the rim is filled with
   */
  public static @Nullable StridedCopy padding(
      Workers workers, Operands operands, long[] before, byte[] rim) {
    Shape in = operands.shape(0);
    Shape out = operands.output(0).shape();
    long[] from = strides(in);
    long[] to = strides(out);
    long place = 0;
    for (int i = 0; i < to.length; i++) {
      place += before[i] * to[i];
    }
    return of(workers, operands, in.toArray(), from, to, 0, place, rim);
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
      int[] extents,
      long[] from,
      long[] to,
      long first,
      long place,
      byte[] rim) {
    Operand operand = operands.input(0);
    TensorType type = operand.type();
    if (!type.hasFixedSize()
        || type.bits() < 8
        || !isWithin(extents, from, first, operand.shape().elements())
        || !isWithin(extents, to, place, operands.output(0).shape().elements())) {
      return null;
    }
    int size = type == TensorType.FLOAT32 ? 1 : type.bits() / 8;
    int axes = extents.length;
    int[] turns = Arrays.copyOf(extents, axes + 1);
    long[] reads = Arrays.copyOf(from, axes + 1);
    long[] writes = Arrays.copyOf(to, axes + 1);
    for (int i = 0; i < axes; i++) {
      reads[i] *= size;
      writes[i] *= size;
    }
    // An element of several bytes is a loop of its own.
    turns[axes] = size;
    reads[axes] = 1;
    writes[axes] = 1;
    return new StridedCopy(
        workers,
        type,
        new CopyLoops(turns, reads, writes),
        Math.toIntExact(first * size),
        Math.toIntExact(place * size),
        rim);
  }

  /** Whether loops stay within a tensor: its memory is part of an array that holds others. */
  private static boolean isWithin(int[] extents, long[] steps, long first, long elements) {
    long low = first;
    long high = first;
    for (int i = 0; i < extents.length; i++) {
      if (extents[i] == 0) {
        return true;
      }
      long reach = (extents[i] - 1) * steps[i];
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
    if (rim.length > 0) {
      fill(Math.toIntExact(invocation.output(0).elements()));
    }
    int pieces = loops.pieceElements() == 0 ? 0 : loops.pieces();
    workers.run(this, Math.ceilDiv(pieces, perChunk));
  }

  private void fill(int elements) {
    if (floats) {
      Arrays.fill(output.array(), output.offset(), output.offset() + elements, floatRim);
      return;
    }
    byte[] array = storedResults.array();
    int end = storedResults.offset() + elements * rim.length;
    if (rim.length == 1) {
      Arrays.fill(array, storedResults.offset(), end, rim[0]);
      return;
    }
    for (int b = 0; b < rim.length; b++) {
      for (int i = storedResults.offset() + b; i < end; i += rim.length) {
        array[i] = rim[b];
      }
    }
  }

  @Override
  public void run(int chunk, Scratch scratch) {
    int firstPiece = chunk * perChunk;
    int end = Math.min(firstPiece + perChunk, loops.pieces());
    ArrayView<?> in = floats ? input : stored;
    ArrayView<?> out = floats ? output : storedResults;
    loops.copy(
        in.array(),
        in.offset() + first,
        out.array(),
        out.offset() + place,
        firstPiece,
        end,
        scratch.rows(loops.around()));
  }
}
