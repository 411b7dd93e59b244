package dev.whittle.convert.savedmodel;

import dev.whittle.convert.lower.LoweringTable;
import dev.whittle.ir.Op;
import dev.whittle.ir.Value;
import dev.whittle.ir.tensor.OperandException;
import java.util.HashMap;
import java.util.HashSet;
import java.util.Iterator;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import java.util.function.Consumer;
import java.util.function.Function;
import java.util.function.Supplier;

/** The lowerings of TensorFlow's graph operations, by name. */
final class TensorFlowOperations extends LoweringTable<TensorFlowOperations.Lowering> {
  /** Adds the nodes of an operation and returns its outputs. */
  @FunctionalInterface
  interface Lowering {
    List<Item> lower(OperationCall call);
  }

  /** A lowering with one tensor as the output. */
  @FunctionalInterface
  interface Single {
    Value lower(OperationCall call);
  }

  static final TensorFlowOperations TABLE =
      new TensorFlowOperations(
          List.of(
              TensorFlowStructuralOperations::register,
              TensorFlowVariableOperations::register,
              TensorFlowElementwiseOperations::register,
              TensorFlowMatrixOperations::register,
              TensorFlowNetworkOperations::register,
              TensorFlowShapeOperations::register,
              TensorFlowIndexOperations::register,
              TensorFlowReductionOperations::register,
              TensorFlowSparseOperations::register,
              TensorFlowControlFlowOperations::register,
              TensorFlowListOperations::register,
              TensorFlowTableOperations::register,
              TensorFlowSearchOperations::register,
              TensorFlowGradientOperations::register,
              TensorFlowImageOperations::register,
              TensorFlowSignalOperations::register,
              TensorFlowRandomOperations::register,
              TensorFlowQuantizationOperations::register));

  private final Iterator<Consumer<TensorFlowOperations>> topics;
  private final Map<String, Set<String>> ignored = new HashMap<>();

  private TensorFlowOperations(List<Consumer<TensorFlowOperations>> topics) {
    this.topics = topics.iterator();
  }

  @Override
  protected boolean registerNext() {
    if (!topics.hasNext()) {
      return false;
    }
    topics.next().accept(this);
    return true;
  }

  /**
   * Declares that an attribute does not matter to the results of operations, so that their
   * lowerings need not read it.
   */
  void ignore(String attribute, String... operations) {
    for (String operation : operations) {
      ignored.computeIfAbsent(operation, key -> new HashSet<>()).add(attribute);
    }
  }

  /** Returns the attributes of an operation that do not matter to its results. */
  Set<String> ignored(String operation) {
    return ignored.getOrDefault(operation, Set.of());
  }

  /**
   * Adds the nodes of an operation and returns its outputs.
   *
   * @throws OperandException if the lowering neither reads nor ignores an attribute whose value
   *     differs from its default
   */
  List<Item> lower(TfNode node, Function<TfNode, OperationCall> call) {
    Lowering lowering = Objects.requireNonNull(get(node.op()));
    OperationAttributes.requireKnown(node);
    Set<String> honored = new HashSet<>(ignored(node.op()));
    List<Item> results =
        TensorFlowSignalOperations.lower(call.apply(node.watched(honored)), lowering);
    OperationAttributes.requireHonored(node, honored);
    return results;
  }

  /** Registers an operation with one tensor as the output. */
  void single(String name, Single lowering) {
    put(name, call -> List.of(Item.of(lowering.lower(call))));
  }

  /**
   * Registers an operation that one operator computes from all its inputs.
   *
   * @param narrowed the inputs that TensorFlow Lite requires as int32
   */
  void operator(String name, Supplier<Op> operator, int... narrowed) {
    single(name, call -> call.emit().node(operator.get(), call.operands(narrowed)));
  }
}
