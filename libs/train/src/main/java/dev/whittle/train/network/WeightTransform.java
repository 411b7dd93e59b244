package dev.whittle.train.network;

import dev.whittle.ir.tensor.Tensor;
import org.tensorflow.Output;

/**
 * What the network computes with in place of trained weights: pruned, clustered or rounded ones.
 * Several apply one after another.
 */
public abstract class WeightTransform {
  /** Where a form stands in a network. */
  static final class Context {
    final TensorFlowOps ops;
    final Variables variables;
    final String name;
    final Tensor initial;

    /**
     * @param name of the weights, for names of further variables
     * @param initial the weights when training begins
     */
    Context(TensorFlowOps ops, Variables variables, String name, Tensor initial) {
      this.ops = ops;
      this.variables = variables;
      this.name = name;
      this.initial = initial;
    }
  }

  WeightTransform() {}

  /** Builds what stands for the weights. */
  abstract Output<?> build(Context context, Output<?> weights);

  /**
   * Changes the form between two steps.
   *
   * @param step how many steps have been taken
   */
  void beforeStep(SessionVariables running, long step) {}
}
