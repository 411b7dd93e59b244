package dev.whittle.convert.savedmodel;

import dev.whittle.convert.lower.Emitter;
import dev.whittle.convert.lower.HashTables;
import dev.whittle.ir.Value;
import dev.whittle.ir.op.index.GatherNd;
import dev.whittle.ir.op.index.SelectV2;
import dev.whittle.ir.op.reduce.ArgMax;
import dev.whittle.ir.op.reduce.ReduceAny;
import dev.whittle.ir.op.shape.Fill;
import dev.whittle.ir.tensor.OperandException;
import dev.whittle.ir.tensor.Tensor;
import dev.whittle.ir.tensor.TensorType;
import java.lang.foreign.MemorySegment;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Set;

/** Lookup tables, whose contents are those that initialization imports, or the checkpoint has. */
final class TensorFlowTableOperations {
  private static final int MAX_COMPARED = 1 << 16;

  private TensorFlowTableOperations() {}

  static void register(TensorFlowOperations table) {
    for (String name :
        List.of(
            "HashTableV2",
            "HashTable",
            "MutableHashTableV2",
            "MutableHashTable",
            "AnonymousHashTable",
            "AnonymousMutableHashTable")) {
      for (String attribute : List.of("container", "shared_name", "use_node_name_sharing")) {
        if (!name.startsWith("Anonymous")) {
          table.ignore(attribute, name);
        }
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
    for (String name :
        List.of("StringToHashBucketFast", "StringToHashBucket", "StringToHashBucketStrong")) {
      table.single(name, TensorFlowTableOperations::bucket);
    }
    table.ignore("key", "StringToHashBucketStrong");
    table.single("LookupTableFindV2", TensorFlowTableOperations::find);
    table.single("LookupTableFind", TensorFlowTableOperations::find);
    for (String name : List.of("LookupTableSizeV2", "LookupTableSize")) {
      table.single(
          name,
          call -> call.emit().scalar(TensorType.INT64, (double) contents(call).keys().elements()));
    }
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
    if (contents.keys().elements() == 0) {
      throw OperandException.unsupported("the lookup table '%s', which is empty", table.handle());
    }
    boolean isNative =
        (table.keyType() == TensorType.STRING && table.valueType() == TensorType.INT64)
            || (table.keyType() == TensorType.INT64 && table.valueType() == TensorType.STRING);
    if (isNative) {
      Value found =
          HashTables.find(
              call.emit(), table.handle(), table.handle(), contents, call.value(1), call.value(2));
      call.walk()
          .importer()
          .note(call.emit(), found, new Found(contents, call.value(1), call.value(2)));
      return found;
    }
    return indexed(call, table, contents);
  }

  /**
   * The operands of a lookup.
   *
   * @param otherwise the value of keys that the table lacks
   */
  record Found(HashTables.Contents contents, Value keys, Value otherwise) {}

  /**
   * Selects between strings, which no operator does: between a constant and a lookup by integers,
   * whose table receives the constant under a key of its own.
   */
  static Value select(OperationCall call) {
    Emitter emit = call.emit();
    boolean isFirst = call.value(1).isConstant();
    Tensor constant = call.value(isFirst ? 1 : 2).contents();
    Found found = call.walk().importer().found(emit, call.value(isFirst ? 2 : 1));
    if (constant == null
        || constant.elements() != 1
        || found == null
        || found.contents.keys().type() != TensorType.INT64) {
      throw OperandException.unsupported(
          "a choice between strings, which no built-in operator makes, other than between a"
              + " constant and a lookup by integers");
    }
    Tensor keys = found.contents.keys();
    Set<Long> taken = new HashSet<>();
    for (long i = 0; i < keys.elements(); i++) {
      taken.add(keys.getLong(i));
    }
    long free = Long.MIN_VALUE;
    while (taken.contains(free)) {
      free++;
    }
    Tensor key = Tensor.allocate(TensorType.INT64);
    key.setLong(0, free);
    var contents =
        new HashTables.Contents(extended(keys, key), extended(found.contents.values(), constant));
    Value chosen = emit.constant("key", key);
    Value asked =
        isFirst
            ? emit.where(call.value(0), chosen, found.keys)
            : emit.where(call.value(0), found.keys, chosen);
    String name = call.node().name();
    return HashTables.find(emit, emit.scope() + "/" + name, name, contents, asked, found.otherwise);
  }

  /**
   * Looks up the place of the key, and gathers the value there, since hash tables of TensorFlow
   * Lite do not hold such values. The default value is the last one.
   */
  private static Value indexed(OperationCall call, Item.Table table, HashTables.Contents contents) {
    Emitter emit = call.emit();
    Tensor otherwise = call.value(2).contents();
    if (otherwise == null || otherwise.elements() != 1) {
      throw OperandException.unsupported("a lookup table with a computed default value");
    }
    int size = Math.toIntExact(contents.keys().elements());
    Tensor places = Tensor.allocate(TensorType.INT64, size);
    for (int i = 0; i < size; i++) {
      places.setLong(i, i);
    }
    Value last = emit.scalar(TensorType.INT64, size);
    Value place;
    if (table.keyType() == TensorType.STRING) {
      var byPlace = new HashTables.Contents(contents.keys(), places);
      place = HashTables.find(emit, table.handle(), table.handle(), byPlace, call.value(1), last);
    } else {
      var byPlace = new HashTables.Contents(contents.keys(), places);
      place = HashTables.elementwise(emit, call.value(1), x -> compared(emit, x, byPlace, last));
    }
    Value values = emit.constant("values", extended(contents.values(), otherwise));
    if (values.type() == TensorType.STRING) {
      // The native GATHER of strings is not known to run; GATHER_ND of strings is.
      return emit.node(new GatherNd(), values, emit.expandDims(place, Emitter.rank(place)));
    }
    return emit.gather(values, place, 0);
  }

  /** Returns a vector with one more element. */
  private static Tensor extended(Tensor values, Tensor last) {
    int size = Math.toIntExact(values.elements());
    if (values.type() != last.type()) {
      throw OperandException.invalid("a default value of %s for %s", last.type(), values.type());
    }
    if (values.type() == TensorType.STRING) {
      List<byte[]> all = new ArrayList<>(values.strings());
      all.addAll(last.strings());
      Tensor texts = Tensor.allocate(TensorType.STRING, 0);
      texts.setStrings(all, size + 1);
      return texts;
    }
    Tensor all = Tensor.allocate(values.type(), size + 1);
    MemorySegment.copy(values.data(), 0, all.data(), 0, values.data().byteSize());
    MemorySegment.copy(
        last.data(), 0, all.data(), values.data().byteSize(), last.data().byteSize());
    return all;
  }

  /** Returns the only bucket of a hash; of several buckets only FarmHash knows. */
  private static Value bucket(OperationCall call) {
    if (call.node().integer("num_buckets", 0) != 1) {
      throw OperandException.unsupported(
          "a hash of strings into %d buckets, which no built-in operator computes; use one bucket"
              + " for unknown tokens",
          call.node().integer("num_buckets", 0));
    }
    Emitter emit = call.emit();
    Value zeros =
        emit.node(new Fill(), emit.shapeOperand(call.x()), emit.scalar(TensorType.INT64, 0));
    return emit.narrow(zeros, call.x().shape());
  }
}
