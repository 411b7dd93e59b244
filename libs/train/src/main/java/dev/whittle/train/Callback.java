package dev.whittle.train;

import dev.whittle.ir.tensor.Tensor;
import java.util.Map;

/** A listener of training, which may stop it early. */
public interface Callback {
  /**
   * Called after each step.
   *
   * @param epoch the number of the epoch, from 1
   * @param step the number of the step in the epoch, from 1
   * @param steps the number of steps of the epoch; -1 if it is unknown
   * @param loss the mean loss of the batch
   */
  default void afterStep(int epoch, long step, long steps, float loss) {}

  /**
   * Called after each epoch.
   *
   * @return whether training continues
   */
  default boolean afterEpoch(Epoch epoch, State state) {
    return true;
  }

  /** Called once when training ends, normally or by a callback. */
  default void afterTraining(State state) {}

  /** The state of training: weights, moving averages and the state of the optimizer. */
  interface State {
    /** Returns a copy of all variables by name. */
    Map<String, Tensor> save();

    /** Restores variables that {@link #save} has returned. */
    void restore(Map<String, Tensor> saved);
  }
}
