package dev.whittle.train.network;

import dev.whittle.ir.Op;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import org.tensorflow.Output;

/**
 * The table of lowerings from operators to TensorFlow operations. Operators without an entry cannot
 * be trained.
 */
final class TrainingLowerings {
  /** A lowering of an operator with any number of results. */
  @FunctionalInterface
  interface Lowering<O extends Op> {
    List<Output<?>> build(NodeCall call, O op);
  }

  /** A lowering of an operator with one result. */
  @FunctionalInterface
  interface Single<O extends Op> {
    Output<?> build(NodeCall call, O op);
  }

  static final TrainingLowerings TABLE = table();

  private final Map<Class<? extends Op>, Lowering<Op>> lowerings = new HashMap<>();

  private TrainingLowerings() {}

  private static TrainingLowerings table() {
    var table = new TrainingLowerings();
    ElementwiseLowerings.register(table);
    NnLowerings.register(table);
    ShapeLowerings.register(table);
    return table;
  }

  /** Adds the lowering of an operator. */
  <O extends Op> void put(Class<O> type, Lowering<O> lowering) {
    lowerings.put(type, (call, op) -> lowering.build(call, type.cast(op)));
  }

  /** Adds the lowering of an operator with one result. */
  <O extends Op> void single(Class<O> type, Single<O> lowering) {
    put(type, (call, op) -> List.of(lowering.build(call, op)));
  }

  /** Returns the lowering of an operator; null if it cannot be trained. */
  @Nullable Lowering<Op> get(Op op) {
    return lowerings.get(op.getClass());
  }
}
