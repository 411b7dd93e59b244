package dev.whittle.convert.savedmodel;

import dev.whittle.convert.lower.LoweringTable;
import dev.whittle.ir.Op;
import dev.whittle.ir.Value;
import java.util.Iterator;
import java.util.List;
import java.util.function.Consumer;
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
              TensorFlowControlFlowOperations::register,
              TensorFlowListOperations::register,
              TensorFlowTableOperations::register,
              TensorFlowSearchOperations::register,
              TensorFlowLossOperations::register,
              TensorFlowImageOperations::register,
              TensorFlowSignalOperations::register,
              TensorFlowRandomOperations::register,
              TensorFlowQuantizationOperations::register));

  private final Iterator<Consumer<TensorFlowOperations>> topics;

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
