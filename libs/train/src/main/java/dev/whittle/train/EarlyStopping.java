package dev.whittle.train;

import dev.whittle.ir.tensor.Tensor;
import java.util.Map;

/**
 * Stops training when the validation loss no longer decreases, and restores the weights of the best
 * epoch. Without validation data it uses the training loss. After training has resumed from a
 * checkpoint, it considers only the epochs epochsWithoutImprovement then.
 */
public final class EarlyStopping implements Callback {
  private final int patience;
  private final double minDelta;
  private double best = Double.POSITIVE_INFINITY;
  private int epochsWithoutImprovement;
  private Map<String, Tensor> bestState = Map.of();

  /**
   * Creates the callback.
   *
   * @param patience the number of epochs without improvement after which training stops, at least 1
   * @param minDelta the minimum decrease of the loss that counts as an improvement, at least 0
   */
  public EarlyStopping(int patience, double minDelta) {
    if (patience < 1 || !(minDelta >= 0)) {
      throw new IllegalArgumentException(
          "patience must be at least 1 and minDelta at least 0, not %d and %s"
              .formatted(patience, minDelta));
    }
    this.patience = patience;
    this.minDelta = minDelta;
  }

  @Override
  public boolean afterEpoch(Epoch epoch, State state) {
    double loss = Double.isNaN(epoch.validationLoss()) ? epoch.loss() : epoch.validationLoss();
    if (loss < best - minDelta) {
      best = loss;
      epochsWithoutImprovement = 0;
      bestState = state.save();
    } else {
      epochsWithoutImprovement++;
    }
    return epochsWithoutImprovement < patience;
  }

  @Override
  public void afterTraining(State state) {
    if (!bestState.isEmpty()) {
      state.restore(bestState);
    }
  }
}
