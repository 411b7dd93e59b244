package dev.whittle.convert.savedmodel;

import dev.whittle.convert.lower.Emitter;
import dev.whittle.ir.Value;
import dev.whittle.ir.op.shape.Reshape;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import org.jspecify.annotations.Nullable;

/** What each of TensorFlow's operations becomes. */
final class TensorFlowOperations {
  /** Adds nodes for an operation and returns what it gives. */
  @FunctionalInterface
  interface Lowering {
    List<Item> lower(OperationCall call);
  }

  /** A lowering that gives one tensor. */
  @FunctionalInterface
  interface Single {
    Value lower(OperationCall call);
  }

  static final TensorFlowOperations TABLE = table();

  private final Map<String, Lowering> lowerings = new HashMap<>();

  private TensorFlowOperations() {}

  private static TensorFlowOperations table() {
    var table = new TensorFlowOperations();
    TensorFlowStructuralOperations.register(table);
    TensorFlowControlFlowOperations.register(table);
    TensorFlowVariableOperations.register(table);
    TensorFlowElementwiseOperations.register(table);
    TensorFlowShapeOperations.register(table);
    TensorFlowNetworkOperations.register(table);
    TensorFlowListOperations.register(table);
    TensorFlowImageOperations.register(table);
    TensorFlowIndexOperations.register(table);
    TensorFlowLossOperations.register(table);
    TensorFlowRareOperations.register(table);
    TensorFlowTableOperations.register(table);
    return table;
  }

  void put(String name, Lowering lowering) {
    lowerings.put(name, lowering);
  }

  void single(String name, Single lowering) {
    put(name, call -> List.of(Item.of(lowering.lower(call))));
  }

  @Nullable Lowering get(String name) {
    return lowerings.get(name);
  }

  Set<String> names() {
    return new TreeSet<>(lowerings.keySet());
  }

  /** The same contents as a value of their own. */
  static Value copy(Emitter emit, Value x) {
    return emit.narrow(emit.node(new Reshape(), x, shape(emit, x)), x.shape());
  }

  /** The shape of a value, as a constant where it is known. */
  static Value shape(Emitter emit, Value x) {
    return x.shape().isStatic() ? emit.ints(x.shape().toArray()) : emit.shapeOf(x);
  }
}
