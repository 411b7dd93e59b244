package dev.whittle.train.network;

import dev.whittle.ir.tensor.Tensor;
import dev.whittle.optimize.sparse.Pruning;
import org.jspecify.annotations.Nullable;
import org.tensorflow.Output;

/**
 * Multiplies weights by a mask of zeros and ones, which a schedule of magnitude pruning updates or
 * which preserves the initial zeros.
 */
public final class PruningTransform extends WeightTransform {
  private final @Nullable Pruning pruning;
  private final @Nullable PruningSchedule schedule;
  private String weights = "";

  /** Creates a transform that prunes weights by a schedule. */
  public PruningTransform(Pruning pruning, PruningSchedule schedule) {
    this.pruning = pruning;
    this.schedule = schedule;
  }

  private PruningTransform() {
    this.pruning = null;
    this.schedule = null;
  }

  /** Returns a transform that preserves sparsity: weights that are zero initially stay zero. */
  public static PruningTransform preservingZeros() {
    return new PruningTransform();
  }

  @Override
  Output<?> apply(Context context, Output<?> source) {
    weights = context.name;
    float[] initialMask = context.initial.toFloats();
    for (int i = 0; i < initialMask.length; i++) {
      initialMask[i] = schedule != null || initialMask[i] != 0 ? 1 : 0;
    }
    Output<?> mask =
        context.variables.create(maskName(), Tensor.onHeap(initialMask, context.initial.dims()));
    return context.ops.mul(source, mask);
  }

  private String maskName() {
    return weights + "_mask";
  }

  @Override
  void beforeStep(SessionVariables variables, long step) {
    PruningSchedule activeSchedule = schedule;
    Pruning activePruning = pruning;
    if (activeSchedule == null || activePruning == null || !activeSchedule.updatesAt(step)) {
      return;
    }
    Tensor source = variables.get(weights);
    float[] numbers = source.toFloats();
    activePruning.withSparsity(activeSchedule.sparsity(step)).prune(numbers, source.dims());
    for (int i = 0; i < numbers.length; i++) {
      numbers[i] = numbers[i] == 0 ? 0 : 1;
    }
    variables.set(maskName(), Tensor.onHeap(numbers, source.dims()));
  }
}
