package dev.whittle.train;

import dev.whittle.ir.tensor.Tensor;
import java.util.Map;

/**
 * Ends training when the validation loss (the training loss, where there is no validation data)
 * does not fall any more, and goes back to the weights of the best epoch. It knows the epochs of
 * its own run: after training went on from a checkpoint, those since then.
 */
public final class EarlyStopping implements Callback {
  private final int patience;
  private final double leastChange;
  private double best = Double.POSITIVE_INFINITY;
  private int since;
  private Map<String, Tensor> bestState = Map.of();

  /**
   * @param patience how many epochs without a better loss to bear
   * @param leastChange by how much a loss must be lower to be better
   */
  public EarlyStopping(int patience, double leastChange) {
    if (patience < 1 || !(leastChange >= 0)) {
      throw new IllegalArgumentException("patience " + patience + ", change " + leastChange);
    }
    this.patience = patience;
    this.leastChange = leastChange;
  }

  @Override
  public boolean afterEpoch(Epoch epoch, State state) {
    double loss = Double.isNaN(epoch.validationLoss()) ? epoch.loss() : epoch.validationLoss();
    if (loss < best - leastChange) {
      best = loss;
      since = 0;
      bestState = state.save();
    } else {
      since++;
    }
    return since < patience;
  }

  @Override
  public void afterTraining(State state) {
    if (!bestState.isEmpty()) {
      state.restore(bestState);
    }
  }
}
