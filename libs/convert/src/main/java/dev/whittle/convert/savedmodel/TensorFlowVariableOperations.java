package dev.whittle.convert.savedmodel;

import dev.whittle.convert.lower.Emitter;
import dev.whittle.convert.lower.Indexing;
import dev.whittle.convert.lower.Scattering;
import dev.whittle.convert.lower.SliceUpdate;
import dev.whittle.ir.Value;
import dev.whittle.ir.op.index.Gather;
import dev.whittle.ir.op.index.GatherNd;
import dev.whittle.ir.op.shape.StridedSlice;
import dev.whittle.ir.op.state.AssignVariable;
import dev.whittle.ir.op.state.ReadVariable;
import dev.whittle.ir.op.state.VarHandle;
import dev.whittle.ir.tensor.OperandException;
import dev.whittle.ir.tensor.Tensor;
import dev.whittle.ir.tensor.TensorType;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;

/**
 * Variables. Those that signatures both read and change become resource variables, which are kept
 * between calls; all others become constants.
 */
final class TensorFlowVariableOperations {
  /** The first words of operations that may change the variable that is their first input. */
  private static final List<String> MAY_CHANGE =
      List.of(
          "Resource",
          "Assign",
          "Scatter",
          "StridedSliceAssign",
          "Apply",
          "SparseApply",
          "CountUpTo");

  /** Operations that read a variable, whose order among the changes matters. */
  static final Set<String> READS =
      Set.of("ReadVariableOp", "ResourceGather", "ResourceGatherNd", "VariableShape");

  private TensorFlowVariableOperations() {}

  /** Returns whether an operation changes its first input, if that is a variable. */
  static boolean changes(String operation) {
    return !READS.contains(operation) && MAY_CHANGE.stream().anyMatch(operation::startsWith);
  }

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
    for (String prefix : List.of("Resource", "")) {
      registerParts(table, prefix);
    }
    table.single("TensorStridedSliceUpdate", call -> sliced(call, call.x()));
  }

  /** Registers changes of some elements. */
  private static void registerParts(TensorFlowOperations table, String prefix) {
    for (String change : List.of("Add", "Sub", "Update")) {
      table.ignore("use_locking", prefix + "ScatterNd" + change);
      if (prefix.isEmpty()) {
        table.ignore("use_locking", "Scatter" + change);
      }
    }
    changing(table, prefix + "ScatterAdd", (c, v) -> c.emit().add(v, rows(c, v)), true);
    changing(table, prefix + "ScatterSub", (c, v) -> c.emit().sub(v, rows(c, v)), true);
    changing(
        table,
        prefix + "ScatterUpdate",
        (c, v) -> Scattering.update(c.emit(), v, rowIndices(c), rowUpdates(c, v)),
        true);
    changing(
        table,
        prefix + "ScatterNdAdd",
        (c, v) -> c.emit().add(v, Scattering.amongZeros(c.emit(), v, c.narrow(1), c.value(2))),
        true);
    changing(
        table,
        prefix + "ScatterNdSub",
        (c, v) -> c.emit().sub(v, Scattering.amongZeros(c.emit(), v, c.narrow(1), c.value(2))),
        true);
    changing(
        table,
        prefix + "ScatterNdUpdate",
        (c, v) -> Scattering.update(c.emit(), v, c.narrow(1), c.value(2)),
        true);
    changing(table, prefix + "StridedSliceAssign", TensorFlowVariableOperations::sliced, true);
  }

  /** Returns a tensor whose slice is replaced by input 4. */
  private static Value sliced(OperationCall call, Value before) {
    List<Long> steps = new ArrayList<>();
    for (int step : call.integers(3)) {
      steps.add((long) step);
    }
    StridedSlice masks = TensorFlowSliceOperations.masks(call.node());
    return SliceUpdate.apply(
        call.emit(), before, masks, bounds(call, 1), bounds(call, 2), steps, call.value(4));
  }

  private static SliceUpdate.Bounds bounds(OperationCall call, int input) {
    return new SliceUpdate.Bounds(call.narrow(input), call.known(input));
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

  /** Returns the updates of rows, of which a scalar fills all. */
  private static Value rowUpdates(OperationCall call, Value variable) {
    Value updates = call.value(2);
    Value indices = call.value(1);
    if (Emitter.rank(updates) > 0 || Emitter.rank(indices) + Emitter.rank(variable) == 1) {
      return updates;
    }
    Emitter emit = call.emit();
    List<Value> dims = new ArrayList<>();
    for (int axis = 0; axis < Emitter.rank(indices); axis++) {
      dims.add(emit.dimension(indices, axis));
    }
    for (int axis = 1; axis < Emitter.rank(variable); axis++) {
      dims.add(emit.dimension(variable, axis));
    }
    return emit.broadcastTo(updates, emit.concat(0, dims));
  }

  private static Value rows(OperationCall call, Value variable) {
    return Scattering.amongZeros(
        call.emit(), variable, rowIndices(call), rowUpdates(call, variable));
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
