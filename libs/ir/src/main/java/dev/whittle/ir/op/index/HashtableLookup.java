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
 * The slices of a table by key. The operands are the keys to look up {@code [n]}, the table's keys
 * {@code [m]} in ascending order, and its values. The result for a missing key is zeros or empty
 * strings. The second output is 1 for each key that was found, otherwise 0.
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
    Shape queries = operands.shape(0);
    Shape values = operands.shape(2);
    if (!queries.isRankKnown() || !values.isRankKnown()) {
      return List.of(
          new TypedShape(operands.type(2), Shape.UNKNOWN),
          new TypedShape(TensorType.UINT8, Shapes.dynamic(1)));
    }
    if (queries.rank() != 1 || values.rank() < 1) {
      throw OperandException.invalid(
          "keys %s and values %s; expected 1 dimension and at least 1", queries, values);
    }
    int[] dims = values.toArray();
    dims[0] = queries.dim(0);
    return List.of(
        new TypedShape(operands.type(2), Shape.of(dims)),
        new TypedShape(TensorType.UINT8, Shape.of(queries.dim(0))));
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

  /** Returns the index of a key, by binary search; -1 if it is missing. */
  private static int find(Tensor keys, int query) {
    int low = 0;
    int high = keys.dim(0) - 1;
    while (low <= high) {
      int middle = (low + high) >>> 1;
      int key = keys.getInt(middle);
      if (key == query) {
        return middle;
      }
      if (key < query) {
        low = middle + 1;
      } else {
        high = middle - 1;
      }
    }
    return -1;
  }

  private static int lookUp(Invocation invocation, int i) {
    int index = find(invocation.input(1), invocation.input(0).getInt(i));
    if (index >= invocation.input(2).dim(0)) {
      throw OperandException.invalid(
          "key %d has no value; the table has %d", index, invocation.input(2).dim(0));
    }
    invocation.output(1).setByte(i, (byte) (index < 0 ? 0 : 1));
    return index;
  }

  private static void slices(Invocation invocation) {
    Tensor values = invocation.input(2);
    Tensor output = invocation.output(0);
    long slice = Shapes.product(values.dims(), 1, values.rank());
    output.data().fill((byte) 0);
    for (int i = 0; i < invocation.input(0).dim(0); i++) {
      int index = lookUp(invocation, i);
      if (index >= 0) {
        Tensor.copy(values, index * slice, output, i * slice, slice);
      }
    }
  }

  private static void strings(Invocation invocation) {
    List<byte[]> values = invocation.input(2).strings();
    List<byte[]> found = new ArrayList<>();
    for (int i = 0; i < invocation.input(0).dim(0); i++) {
      int index = lookUp(invocation, i);
      found.add(index < 0 ? "".getBytes(StandardCharsets.UTF_8) : values.get(index));
    }
    invocation.output(0).setStrings(found, found.size());
  }
}
