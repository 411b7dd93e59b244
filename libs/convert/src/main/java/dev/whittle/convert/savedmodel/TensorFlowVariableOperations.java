package dev.whittle.convert.savedmodel;

import dev.whittle.convert.lower.Emitter;
import dev.whittle.convert.lower.Indexing;
import dev.whittle.convert.lower.Scattering;
import dev.whittle.ir.Value;
import dev.whittle.ir.op.index.Gather;
import dev.whittle.ir.op.index.GatherNd;
import dev.whittle.ir.op.state.AssignVariable;
import dev.whittle.ir.op.state.ReadVariable;
import dev.whittle.ir.op.state.VarHandle;
import dev.whittle.ir.tensor.OperandException;
import dev.whittle.ir.tensor.Tensor;
import dev.whittle.ir.tensor.TensorType;
import java.util.List;
import java.util.Set;

/**
 * Variables. Those that signatures both read and change become resource variables, which are kept
 * between calls; all others become constants.
 */
final class TensorFlowVariableOperations {
  /** Operations that change a variable. */
  static final Set<String> CHANGES =
      Set.of(
          "Assign",
          "AssignAdd",
          "AssignSub",
          "AssignVariableOp",
          "AssignAddVariableOp",
          "AssignSubVariableOp",
          "ResourceScatterAdd",
          "ResourceScatterSub",
          "ResourceScatterUpdate",
          "ResourceScatterNdAdd",
          "ResourceScatterNdSub",
          "ResourceScatterNdUpdate",
          "ResourceStridedSliceAssign");

  /** Operations that read a variable, whose order among the changes matters. */
  static final Set<String> READS =
      Set.of("ReadVariableOp", "ResourceGather", "ResourceGatherNd", "VariableShape");

  private TensorFlowVariableOperations() {}

  static void register(TensorFlowOperations table) {
    for (String name : List.of("VarHandleOp", "VariableV2", "Variable")) {
      // The checkpoint states the type and the shape.
      for (String attribute : List.of("dtype", "shape", "container", "shared_name")) {
        table.ignore(attribute, name);
      }
      table.put(name, call -> List.of(new Item.Variable(call.node().name())));
    }
    table.ignore("debug_name", "VarHandleOp");
    table.ignore("allowed_devices", "VarHandleOp");
    table.ignore("dtype", "ReadVariableOp", "ResourceGather", "ResourceGatherNd");
    table.ignore("validate_indices", "ResourceGather");
    table.ignore("validate_shape", "Assign", "AssignVariableOp");
    table.ignore("use_locking", "Assign", "AssignAdd", "AssignSub");
    table.ignore(
        "use_locking", "ResourceScatterNdAdd", "ResourceScatterNdSub", "ResourceScatterNdUpdate");
    for (String name : List.of("VarIsInitializedOp", "IsVariableInitialized")) {
      table.single(name, call -> call.emit().scalar(TensorType.BOOL, 1));
    }
    table.single("ReadVariableOp", call -> call.x());
    table.single(
        "VariableShape", call -> call.emit().cast(call.emit().shapeOf(call.x()), outType(call)));
    table.single(
        "ResourceGather",
        call ->
            call.emit()
                .node(
                    new Gather(0, (int) call.node().integer("batch_dims", 0)),
                    call.x(),
                    Indexing.indices(call.emit(), call.value(1))));
    table.single(
        "ResourceGatherNd",
        call ->
            call.emit()
                .node(new GatherNd(), call.x(), Indexing.indices(call.emit(), call.value(1))));
    for (String name : List.of("Assign", "AssignVariableOp")) {
      changing(table, name, (call, before) -> call.value(1), false);
    }
    for (String name : List.of("AssignAdd", "AssignAddVariableOp")) {
      arithmetic(table, name, Emitter::add);
    }
    for (String name : List.of("AssignSub", "AssignSubVariableOp")) {
      arithmetic(table, name, Emitter::sub);
    }
    changing(table, "ResourceScatterAdd", (c, v) -> c.emit().add(v, rows(c, v)), true);
    changing(table, "ResourceScatterSub", (c, v) -> c.emit().sub(v, rows(c, v)), true);
    changing(
        table,
        "ResourceScatterUpdate",
        (c, v) -> Scattering.update(c.emit(), v, rowIndices(c), c.value(2)),
        true);
    changing(
        table,
        "ResourceScatterNdAdd",
        (c, v) -> c.emit().add(v, Scattering.amongZeros(c.emit(), v, c.narrow(1), c.value(2))),
        true);
    changing(
        table,
        "ResourceScatterNdSub",
        (c, v) -> c.emit().sub(v, Scattering.amongZeros(c.emit(), v, c.narrow(1), c.value(2))),
        true);
    changing(
        table,
        "ResourceScatterNdUpdate",
        (c, v) -> Scattering.update(c.emit(), v, c.narrow(1), c.value(2)),
        true);
  }

  private static TensorType outType(OperationCall call) {
    return DataTypes.type(call.node().type("out_type", 3));
  }

  /** Computes the contents of a variable after a change. */
  @FunctionalInterface
  private interface Change {
    Value after(OperationCall call, Value before);
  }

  private static void arithmetic(TensorFlowOperations table, String name, Arithmetic op) {
    changing(table, name, (call, before) -> op.of(call.emit(), before, call.value(1)), true);
  }

  private interface Arithmetic {
    Value of(Emitter emit, Value a, Value b);
  }

  private static void changing(
      TensorFlowOperations table, String name, Change change, boolean readsBefore) {
    table.put(
        name,
        call -> {
          if (!(call.item(0) instanceof Item.Variable variable)) {
            throw OperandException.unsupported("a computed variable");
          }
          SavedModelImporter importer = call.walk().importer();
          if (importer.isKept(variable.handle())) {
            Emitter emit = call.emit();
            Value after = change.after(call, readsBefore ? call.x() : call.value(1));
            emit.graph()
                .nodesAsDeclared(
                    List.of(), new AssignVariable(), handle(emit, variable.handle()), after);
          }
          return List.of(variable);
        });
  }

  private static Value rowIndices(OperationCall call) {
    Value indices = call.narrow(1);
    return call.emit().expandDims(indices, Emitter.rank(indices));
  }

  private static Value rows(OperationCall call, Value variable) {
    return Scattering.amongZeros(call.emit(), variable, rowIndices(call), call.value(2));
  }

  private static Value handle(Emitter emit, String name) {
    return emit.node(new VarHandle("", name));
  }

  /** Reads the contents of a variable. */
  static Value read(Emitter emit, SavedModelImporter importer, String name) {
    Tensor initial = importer.variable(name);
    if (!importer.isKept(name)) {
      return emit.constant("variable", initial);
    }
    Value declared =
        Value.of(0, emit.scope() + "/read", initial.type(), importer.declaredShape(name, initial));
    return emit.graph()
        .nodesAsDeclared(List.of(declared), new ReadVariable(), handle(emit, name))
        .getFirst();
  }

  /** Initializes variables from the checkpoint. */
  static void initialize(Emitter emit, SavedModelImporter importer, Set<String> names) {
    for (String name : names) {
      emit.setScope(name);
      emit.graph()
          .nodesAsDeclared(
              List.of(),
              new AssignVariable(),
              handle(emit, name),
              emit.constant("initial", importer.variable(name)));
    }
    emit.setScope("");
  }
}
