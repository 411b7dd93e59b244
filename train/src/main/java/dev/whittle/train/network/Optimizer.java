package dev.whittle.train.network;

import org.tensorflow.Graph;

/** How gradients change weights. */
public sealed interface Optimizer {
  /**
   * Adam (Kingma and Ba, 2015).
   *
   * @param learningRate over 0
   * @param beta1 the share of the first moment that a step keeps
   * @param beta2 the share of the second moment that a step keeps
   */
  record Adam(float learningRate, float beta1, float beta2, float epsilon) implements Optimizer {
    public Adam {
      checkRate(learningRate);
    }

    /** Adam with Keras' other settings. */
    public Adam(float learningRate) {
      this(learningRate, 0.9f, 0.999f, 1e-7f);
    }
  }

  /**
   * Stochastic gradient descent.
   *
   * @param learningRate over 0
   * @param momentum the share of the last change that goes into the next one
   */
  record Sgd(float learningRate, float momentum, boolean nesterov) implements Optimizer {
    public Sgd {
      checkRate(learningRate);
    }
  }

  /** Adam with a learning rate. */
  static Optimizer adam(float learningRate) {
    return new Adam(learningRate);
  }

  /** Stochastic gradient descent with momentum. */
  static Optimizer sgd(float learningRate, float momentum) {
    return new Sgd(learningRate, momentum, false);
  }

  private static void checkRate(float learningRate) {
    if (!(learningRate > 0) || Float.isInfinite(learningRate)) {
      throw new IllegalArgumentException("a learning rate of " + learningRate);
    }
  }

  /** TensorFlow's own. */
  default org.tensorflow.framework.optimizers.Optimizer build(Graph graph) {
    return switch (this) {
      case Adam a ->
          new org.tensorflow.framework.optimizers.Adam(
              graph, "optimizer", a.learningRate(), a.beta1(), a.beta2(), a.epsilon());
      case Sgd s ->
          new org.tensorflow.framework.optimizers.Momentum(
              graph, "optimizer", s.learningRate(), s.momentum(), s.nesterov());
    };
  }
}
