package dev.whittle.ir.op.state;

import dev.whittle.ir.Op;
import dev.whittle.ir.OpType;
import dev.whittle.ir.Operands;
import dev.whittle.ir.Options;
import dev.whittle.ir.kernel.Kernel;
import dev.whittle.ir.tensor.Shape;
import dev.whittle.ir.tensor.TensorType;
import dev.whittle.ir.tensor.TypedShape;
import java.util.List;

/**
 * The handle of a hash table.
 *
 * @param table the id of the table
 * @param keyType the type of the keys
 * @param valueType the type of the values
 */
public record Hashtable(int table, TensorType keyType, TensorType valueType) implements Op {
  public static final OpType<Hashtable> TYPE =
      OpType.of(
          "HASHTABLE",
          136,
          "HashtableOptions",
          0,
          1,
          options ->
              new Hashtable(
                  options.integer("table_id", 0),
                  options.tensorType("key_dtype", TensorType.FLOAT32),
                  options.tensorType("value_dtype", TensorType.FLOAT32)));

  @Override
  public OpType<Hashtable> type() {
    return TYPE;
  }

  @Override
  public Options options() {
    return Options.of(TYPE.optionTable())
        .with("table_id", table)
        .with("key_dtype", keyType.code())
        .with("value_dtype", valueType.code());
  }

  @Override
  public List<TypedShape> infer(Operands operands) {
    return List.of(new TypedShape(TensorType.RESOURCE, Shape.of(1)));
  }

  @Override
  public Kernel kernel(Operands operands) {
    ResourceTable.requireTypes(keyType, valueType);
    return invocation -> invocation.output(0).setInt(0, table);
  }

  @Override
  public boolean isPure() {
    return false;
  }
}
