package dev.whittle.convert.lower;

import dev.whittle.ir.Value;
import dev.whittle.ir.op.control.CallOnce;
import dev.whittle.ir.op.math.Equal;
import dev.whittle.ir.op.shape.Reshape;
import dev.whittle.ir.op.state.Hashtable;
import dev.whittle.ir.op.state.HashtableFind;
import dev.whittle.ir.op.state.HashtableImport;
import dev.whittle.ir.tensor.Tensor;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.function.UnaryOperator;
import java.util.zip.CRC32;

/**
 * Lookups of values by keys. TensorFlow Lite's hash tables map between strings and integers only;
 * between numbers, all keys are compared.
 */
public final class HashTables {
  private static final int MAX_COMPARED_RANK = 4;

  private HashTables() {}

  /**
   * The contents of a table.
   *
   * @param keys one axis
   * @param values as many as keys
   */
  public record Contents(Tensor keys, Tensor values) {}

  /**
   * Adds a hash table, which is filled once, and looks up keys in it.
   *
   * @param id identifies the table within the model
   * @param name the name of the graph that fills the table
   * @param otherwise the value of keys that the table lacks, a scalar
   */
  public static Value find(
      Emitter emit, String id, String name, Contents contents, Value keys, Value otherwise) {
    var checksum = new CRC32();
    checksum.update(id.getBytes(StandardCharsets.UTF_8));
    var table =
        new Hashtable(
            (int) checksum.getValue() & 0x7fffffff, contents.keys.type(), contents.values.type());
    Emitter.Branch fill = emit.branch("fill_" + name);
    Emitter inner = fill.emitter();
    Value filled = inner.node(table);
    inner
        .graph()
        .nodesAsDeclared(
            List.of(),
            new HashtableImport(),
            filled,
            inner.constant("keys", contents.keys),
            inner.constant("values", contents.values));
    emit.graph().nodesAsDeclared(List.of(), new CallOnce(fill.index()));
    return emit.node(new HashtableFind(), emit.node(table), keys, otherwise);
  }

  /**
   * Applies a lookup by comparison to each element. Inputs of more than three axes become vectors,
   * since the native runtime compares tensors of at most four axes.
   */
  public static Value elementwise(Emitter emit, Value x, UnaryOperator<Value> lookup) {
    if (Emitter.rank(x) < MAX_COMPARED_RANK) {
      return lookup.apply(x);
    }
    Value found = lookup.apply(emit.reshape(x, -1));
    Value shaped = emit.node(new Reshape(), found, emit.shapeOperand(x));
    return emit.narrow(shaped, x.shape());
  }

  /** Returns, along a new last axis, which of some constant keys each element equals. */
  public static Value matches(Emitter emit, Value x, String name, Tensor keys) {
    return emit.node(new Equal(), emit.expandDims(x, Emitter.rank(x)), emit.constant(name, keys));
  }
}
