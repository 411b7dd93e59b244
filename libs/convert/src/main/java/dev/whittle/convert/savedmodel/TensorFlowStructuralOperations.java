package dev.whittle.convert.savedmodel;

import dev.whittle.ir.Value;
import dev.whittle.ir.tensor.OperandException;
import dev.whittle.ir.tensor.Tensor;
import java.util.ArrayList;
import java.util.List;

/** Constants, calls of functions, and identities. */
final class TensorFlowStructuralOperations {
  private TensorFlowStructuralOperations() {}

  static void register(TensorFlowOperations table) {
    for (String name :
        List.of(
            "Identity",
            "StopGradient",
            "PreventGradient",
            "CheckNumerics",
            "Snapshot",
            "PlaceholderWithDefault",
            "EnsureShape")) {
      table.put(name, call -> List.of(forwarded(call)));
    }
    table.put("IdentityN", OperationCall::inputs);
    table.put("DisableCopyOnRead", OperationCall::inputs);
    table.put("NoOp", call -> List.of(new Item.Nothing()));
    table.put("Const", TensorFlowStructuralOperations::constant);
    table.put("RestoreV2", TensorFlowStructuralOperations::restore);
    table.put(
        "Placeholder",
        call -> {
          throw OperandException.unsupported("an input that the signature does not name");
        });
    for (String name : List.of("StatefulPartitionedCall", "PartitionedCall")) {
      table.put(
          name, call -> call.walk().call(call.node().function("f"), call.inputs(), call.emit()));
    }
  }

  /** Returns the input; of a variable of TensorFlow 1 the contents, of others the handle. */
  private static Item forwarded(OperationCall call) {
    Item item = call.item(0);
    boolean isHandle = call.node().type("T", 0) == DataTypes.RESOURCE;
    return item instanceof Item.Variable && !isHandle ? call.tensor(0) : item;
  }

  private static List<Item> constant(OperationCall call) {
    Proto attribute = call.node().attributes().get("value");
    if (attribute == null) {
      throw OperandException.invalid("no value");
    }
    Tensor tensor = DataTypes.tensor(attribute.message(8));
    Value value = call.emit().constant(call.node().name(), tensor);
    return List.of(Item.of(value));
  }

  private static List<Item> restore(OperationCall call) {
    Tensor names = call.value(1).contents();
    if (names == null) {
      throw OperandException.unsupported("computed names of variables");
    }
    List<Item> restored = new ArrayList<>();
    for (byte[] name : names.strings()) {
      restored.add(new Item.Restored(new String(name, java.nio.charset.StandardCharsets.UTF_8)));
    }
    return restored;
  }
}
