package dev.whittle.train.network;

import dev.whittle.ir.tensor.Tensor;
import dev.whittle.optimize.sparse.Pruning;
import org.jspecify.annotations.Nullable;
import org.tensorflow.Output;

/**
 * Weights of which some are zero: those that a schedule takes away, or those that were at first.
 */
public final class PruningTransform extends WeightTransform {
  private final @Nullable Pruning pruning;
  private final @Nullable PruningSchedule schedule;
  private String weights = "";

  /** Takes weights away by a schedule. */
  public PruningTransform(Pruning pruning, PruningSchedule schedule) {
    this.pruning = pruning;
    this.schedule = schedule;
  }

  private PruningTransform() {
    this.pruning = null;
    this.schedule = null;
  }

  /** Keeps those weights at zero that are zero when training begins. */
  public static PruningTransform keepingZeros() {
    return new PruningTransform();
  }

  @Override
  Output<?> build(Context context, Output<?> source) {
    weights = context.name;
    float[] kept = context.initial.toFloats();
    for (int i = 0; i < kept.length; i++) {
      kept[i] = schedule != null || kept[i] != 0 ? 1 : 0;
    }
    Output<?> mask =
        context.variables.create(maskName(), Tensor.onHeap(kept, context.initial.dims()));
    return context.ops.mul(source, mask);
  }

  private String maskName() {
    return weights + "_mask";
  }

  @Override
  void beforeStep(SessionVariables running, long step) {
    PruningSchedule plan = schedule;
    Pruning kind = pruning;
    if (plan == null || kind == null || !plan.changesAt(step)) {
      return;
    }
    Tensor source = running.get(weights);
    float[] numbers = source.toFloats();
    kind.withSparsity(plan.sparsity(step)).prune(numbers, source.dims());
    for (int i = 0; i < numbers.length; i++) {
      numbers[i] = numbers[i] == 0 ? 0 : 1;
    }
    running.set(maskName(), Tensor.onHeap(numbers, source.dims()));
  }
}
