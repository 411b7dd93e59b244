package dev.whittle.convert.keras;

import dev.whittle.convert.lower.LoweringTable;
import dev.whittle.ir.Value;
import java.util.Iterator;
import java.util.List;
import java.util.function.Consumer;

/** The lowerings of Keras' layers, or of its operations, by class name. */
final class KerasTable extends LoweringTable<KerasTable.Lowering> {
  /** Adds the nodes of a call and returns its results. */
  @FunctionalInterface
  interface Lowering {
    Argument lower(LayerCall call);
  }

  /** A lowering with one tensor as the result. */
  @FunctionalInterface
  interface ValueLowering {
    Value lower(LayerCall call);
  }

  private final Iterator<Consumer<KerasTable>> topics;

  KerasTable(List<Consumer<KerasTable>> topics) {
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

  /** Registers a class with one result, which carries no mask. */
  void value(String className, ValueLowering lowering) {
    put(className, call -> Argument.of(lowering.lower(call)));
  }

  /** Registers a class with one result, which carries the mask of the first argument. */
  void masked(String className, ValueLowering lowering) {
    put(className, call -> new Argument.OfTensor(lowering.lower(call), call.mask()));
  }
}
