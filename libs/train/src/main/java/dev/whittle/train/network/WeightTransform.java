package dev.whittle.train.network;

import dev.whittle.ir.tensor.Tensor;
import org.tensorflow.Output;

/**
 * A transform of weights that the network applies before it uses them, such as a pruning mask.
 * Several transforms of the same weights are composed.
 */
public abstract class WeightTransform {
  /** The weights to which a transform is applied. */
  static final class Context {
    final TensorFlowOps ops;
    final Variables variables;
    final String name;
    final Tensor initial;

    /**
     * Creates a context.
     *
     * @param name the name of the weights, a prefix for names of further variables
     * @param initial the initial weights
     */
    Context(TensorFlowOps ops, Variables variables, String name, Tensor initial) {
      this.ops = ops;
      this.variables = variables;
      this.name = name;
      this.initial = initial;
    }
  }

  WeightTransform() {}

  /** Adds the operations of the transform and returns the transformed weights. */
  abstract Output<?> apply(Context context, Output<?> weights);

  /**
   * Updates the variables of the transform between two steps.
   *
   * @param step the number of steps before
   */
  void beforeStep(SessionVariables variables, long step) {}
}
