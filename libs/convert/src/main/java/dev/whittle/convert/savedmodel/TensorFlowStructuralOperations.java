package dev.whittle.convert.savedmodel;

import dev.whittle.ir.Value;
import dev.whittle.ir.tensor.OperandException;
import dev.whittle.ir.tensor.Shape;
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
            "PlaceholderWithDefault")) {
      table.put(name, call -> List.of(forwarded(call)));
    }
    table.ignore("message", "CheckNumerics", "PreventGradient");
    // The shape in which the file declares the default's replacement.
    table.ignore("shape", "PlaceholderWithDefault");
    // The constant itself has a type.
    table.ignore("dtype", "Const");
    table.ignore("dtypes", "RestoreV2");
    table.put("EnsureShape", TensorFlowStructuralOperations::ensureShape);
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
      // The types of results follow from the function; the rest is about devices and sessions.
      for (String attribute : List.of("Tout", "config", "config_proto", "executor_type")) {
        table.ignore(attribute, name);
      }
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

  /** Returns the input, with the dimensions that are open in it and stated by the operation. */
  private static List<Item> ensureShape(OperationCall call) {
    Shape wanted = call.node().shape("shape");
    if (!(forwarded(call) instanceof Item.Tensor tensor) || !wanted.isRankKnown()) {
      return List.of(forwarded(call));
    }
    Shape known = tensor.value().shape();
    int[] dims = wanted.toArray();
    boolean fits = !known.isRankKnown() || known.rank() == dims.length;
    for (int i = 0; fits && known.isRankKnown() && i < dims.length; i++) {
      fits = dims[i] == known.dim(i) || dims[i] < 0 || known.dim(i) < 0;
      dims[i] = dims[i] < 0 ? known.dim(i) : dims[i];
    }
    if (!fits) {
      throw OperandException.invalid("an input of shape %s; expected %s", known, wanted);
    }
    Shape both = Shape.of(dims);
    return List.of(
        both.equals(known)
            ? tensor
            : new Item.Tensor(
                call.emit().narrow(call.emit().copy(tensor.value()), both), tensor.known()));
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
