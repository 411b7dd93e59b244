package dev.whittle.convert.savedmodel;

import dev.whittle.convert.lower.Emitter;
import dev.whittle.convert.lower.HashTables;
import dev.whittle.ir.Value;
import dev.whittle.ir.op.index.SelectV2;
import dev.whittle.ir.op.reduce.ArgMax;
import dev.whittle.ir.op.reduce.ReduceAny;
import dev.whittle.ir.tensor.OperandException;
import dev.whittle.ir.tensor.TensorType;
import java.util.List;

/** Lookup tables, whose contents are those that initialization imports. */
final class TensorFlowTableOperations {
  private static final int MAX_COMPARED = 1 << 16;

  private TensorFlowTableOperations() {}

  static void register(TensorFlowOperations table) {
    for (String name : List.of("HashTableV2", "HashTable")) {
      for (String attribute : List.of("container", "shared_name", "use_node_name_sharing")) {
        table.ignore(attribute, name);
      }
      table.put(
          name,
          call ->
              List.of(
                  new Item.Table(
                      call.node().name(),
                      DataTypes.type(call.node().type("key_dtype", 7)),
                      DataTypes.type(call.node().type("value_dtype", 9)))));
    }
    table.single("LookupTableFindV2", TensorFlowTableOperations::find);
    table.single("LookupTableFind", TensorFlowTableOperations::find);
    table.single(
        "LookupTableSizeV2",
        call -> call.emit().scalar(TensorType.INT64, (double) contents(call).keys().elements()));
  }

  private static Item.Table table(OperationCall call) {
    if (call.item(0) instanceof Item.Table table) {
      return table;
    }
    throw OperandException.unsupported("a computed lookup table");
  }

  private static HashTables.Contents contents(OperationCall call) {
    return call.walk().importer().table(table(call).handle());
  }

  /** Compares with all keys, for tables between numbers; see {@link HashTables}. */
  private static Value compared(OperationCall call, HashTables.Contents contents) {
    Emitter emit = call.emit();
    long size = contents.keys().elements();
    if (size > MAX_COMPARED || size == 0) {
      throw OperandException.unsupported("a table between numbers of %d entries", size);
    }
    return HashTables.elementwise(
        emit, call.value(1), x -> compared(emit, x, contents, call.value(2)));
  }

  private static Value compared(
      Emitter emit, Value x, HashTables.Contents contents, Value otherwise) {
    int last = Emitter.rank(x);
    Value hits = HashTables.matches(emit, x, "keys", contents.keys());
    Value index =
        emit.node(
            new ArgMax(TensorType.INT32), emit.cast(hits, TensorType.INT32), emit.scalar(last));
    Value found = emit.gather(emit.constant("values", contents.values()), index, 0);
    Value isThere = emit.reduce(new ReduceAny(false), hits, last);
    return emit.node(new SelectV2(), isThere, found, otherwise);
  }

  private static Value find(OperationCall call) {
    Item.Table table = table(call);
    HashTables.Contents contents = contents(call);
    if (table.keyType() != TensorType.STRING && table.valueType() != TensorType.STRING) {
      return compared(call, contents);
    }
    if (table.keyType() == table.valueType()) {
      throw OperandException.unsupported("a table from strings to strings");
    }
    return HashTables.find(
        call.emit(), table.handle(), table.handle(), contents, call.value(1), call.value(2));
  }
}
