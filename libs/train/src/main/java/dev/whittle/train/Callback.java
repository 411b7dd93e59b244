package dev.whittle.train;

import dev.whittle.ir.tensor.Tensor;
import java.util.Map;

/** Watches training, and may end it early. */
public interface Callback {
  /**
   * Called after each step.
   *
   * @param step of this epoch, from 1
   * @param steps of this epoch; -1 while that is not known
   * @param loss of the batch
   */
  default void afterStep(int epoch, long step, long steps, float loss) {}

  /**
   * Called after each epoch.
   *
   * @return whether to go on
   */
  default boolean afterEpoch(Epoch epoch, State state) {
    return true;
  }

  /** Called once when training ends, whoever ended it. */
  default void afterTraining(State state) {}

  /** Everything that training changes: weights, and what the optimizer remembers. */
  interface State {
    /** A copy of all variables by name. */
    Map<String, Tensor> save();

    /** Puts back what {@link #save} gave. */
    void restore(Map<String, Tensor> saved);
  }
}
