package dev.whittle.train.network;

import dev.whittle.ir.tensor.Tensor;
import org.tensorflow.Output;

/**
 * What the network computes with in place of trained weights: pruned, clustered or rounded ones.
 * Several apply one after another.
 */
public abstract class WeightForm {
  /** Where a form stands in a network. */
  static final class Context {
    final Build build;
    final Variables variables;
    final String name;
    final Tensor initial;

    /**
     * @param name of the weights, for names of further variables
     * @param initial the weights when training begins
     */
    Context(Build build, Variables variables, String name, Tensor initial) {
      this.build = build;
      this.variables = variables;
      this.name = name;
      this.initial = initial;
    }
  }

  WeightForm() {}

  /** Builds what stands for the weights. */
  abstract Output<?> build(Context context, Output<?> weights);

  /**
   * Changes the form between two steps.
   *
   * @param step how many steps have been taken
   */
  void beforeStep(Running running, long step) {}
}
