package dev.whittle.ir.op.index;

import dev.whittle.ir.Op;
import dev.whittle.ir.OpType;
import dev.whittle.ir.Operands;
import dev.whittle.ir.Options;
import dev.whittle.ir.kernel.Invocation;
import dev.whittle.ir.kernel.Kernel;
import dev.whittle.ir.op.common.Shapes;
import dev.whittle.ir.tensor.OperandException;
import dev.whittle.ir.tensor.Shape;
import dev.whittle.ir.tensor.Tensor;
import dev.whittle.ir.tensor.TensorType;
import dev.whittle.ir.tensor.TypedShape;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;

/**
 * Slices of a table by key. Operands: keys to look up {@code [n]}, the table's keys {@code [m]} in
 * ascending order, and its values. Keys that are not there give zeros, or empty strings; the second
 * output says with 1 which were.
 */
public record HashtableLookup() implements Op {
  public static final OpType<HashtableLookup> TYPE =
      OpType.of("HASHTABLE_LOOKUP", 10, "", 3, 2, options -> new HashtableLookup());

  @Override
  public OpType<HashtableLookup> type() {
    return TYPE;
  }

  @Override
  public Options options() {
    return Options.NONE;
  }

  @Override
  public List<TypedShape> infer(Operands operands) {
    Shape wanted = operands.shape(0);
    Shape values = operands.shape(2);
    if (!wanted.isRankKnown() || !values.isRankKnown()) {
      return List.of(
          new TypedShape(operands.type(2), Shape.UNKNOWN),
          new TypedShape(TensorType.UINT8, Shapes.dynamic(1)));
    }
    if (wanted.rank() != 1 || values.rank() < 1) {
      throw OperandException.invalid("keys %s to look up in values %s", wanted, values);
    }
    int[] dims = values.toArray();
    dims[0] = wanted.dim(0);
    return List.of(
        new TypedShape(operands.type(2), Shape.of(dims)),
        new TypedShape(TensorType.UINT8, Shape.of(wanted.dim(0))));
  }

  @Override
  public Kernel kernel(Operands operands) {
    if (operands.type(0) != TensorType.INT32 || operands.type(1) != TensorType.INT32) {
      throw operands.unsupportedType();
    }
    if (operands.type(2) == TensorType.STRING) {
      return HashtableLookup::strings;
    }
    operands.type(2).requireWholeBytes();
    return HashtableLookup::slices;
  }

  /** The place of a key; -1 if it is not there. */
  private static int find(Tensor keys, int wanted) {
    int low = 0;
    int high = keys.dim(0) - 1;
    while (low <= high) {
      int middle = (low + high) >>> 1;
      int key = keys.getInt(middle);
      if (key == wanted) {
        return middle;
      }
      if (key < wanted) {
        low = middle + 1;
      } else {
        high = middle - 1;
      }
    }
    return -1;
  }

  private static int look(Invocation invocation, int i) {
    int place = find(invocation.input(1), invocation.input(0).getInt(i));
    if (place >= invocation.input(2).dim(0)) {
      throw OperandException.invalid("key %d has no value", place);
    }
    invocation.output(1).setByte(i, (byte) (place < 0 ? 0 : 1));
    return place;
  }

  private static void slices(Invocation invocation) {
    Tensor values = invocation.input(2);
    Tensor output = invocation.output(0);
    long slice = Shapes.product(values.dims(), 1, values.rank());
    output.data().fill((byte) 0);
    for (int i = 0; i < invocation.input(0).dim(0); i++) {
      int place = look(invocation, i);
      if (place >= 0) {
        Tensor.copy(values, place * slice, output, i * slice, slice);
      }
    }
  }

  private static void strings(Invocation invocation) {
    List<byte[]> values = invocation.input(2).strings();
    List<byte[]> found = new ArrayList<>();
    for (int i = 0; i < invocation.input(0).dim(0); i++) {
      int place = look(invocation, i);
      found.add(place < 0 ? "".getBytes(StandardCharsets.UTF_8) : values.get(place));
    }
    invocation.output(0).setStrings(found, found.size());
  }
}
