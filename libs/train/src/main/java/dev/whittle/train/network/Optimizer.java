package dev.whittle.train.network;

import dev.whittle.ir.tensor.Shape;
import dev.whittle.ir.tensor.Tensor;
import dev.whittle.ir.tensor.TensorType;
import java.util.ArrayList;
import java.util.List;
import org.tensorflow.Output;
import org.tensorflow.op.Op;

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

  /**
   * Adds operations that change variables by their gradients.
   *
   * @return an operation that runs when all have changed
   */
  @SuppressWarnings("exports") // called by this package alone
  default Op apply(TensorFlowOps ops, Variables variables, List<Change> changes) {
    return switch (this) {
      case Adam adam -> adam(ops, variables, changes, adam);
      case Sgd sgd -> {
        List<Op> applied = new ArrayList<>();
        for (Change change : changes) {
          Output<?> momentum = variables.create(change.name() + "_momentum", change.zeros());
          applied.add(
              ops.op(
                  "ApplyMomentum",
                  b -> b.setAttr("use_nesterov", sgd.nesterov()),
                  change.variable(),
                  momentum,
                  ops.number(sgd.learningRate()),
                  change.gradient(),
                  ops.number(sgd.momentum())));
        }
        yield ops.after(applied).tf().noOp();
      }
    };
  }

  private static Op adam(TensorFlowOps ops, Variables variables, List<Change> changes, Adam adam) {
    Output<?> power1 = variables.create("adam_beta1_power", scalar(adam.beta1()));
    Output<?> power2 = variables.create("adam_beta2_power", scalar(adam.beta2()));
    List<Op> applied = new ArrayList<>();
    for (Change change : changes) {
      Output<?> first = variables.create(change.name() + "_moment1", change.zeros());
      Output<?> second = variables.create(change.name() + "_moment2", change.zeros());
      applied.add(
          ops.op(
              "ApplyAdam",
              change.variable(),
              first,
              second,
              power1,
              power2,
              ops.number(adam.learningRate()),
              ops.number(adam.beta1()),
              ops.number(adam.beta2()),
              ops.number(adam.epsilon()),
              change.gradient()));
    }
    // Only now: the changes read the powers.
    TensorFlowOps after = ops.after(applied);
    List<Op> powers =
        List.of(
            after.assign(power1, after.mul(power1, after.number(adam.beta1()))),
            after.assign(power2, after.mul(power2, after.number(adam.beta2()))));
    return ops.after(powers).tf().noOp();
  }

  private static Tensor scalar(float value) {
    return Tensor.onHeap(new float[] {value});
  }

  /** A variable to be changed, and by which gradient. */
  record Change(String name, Output<?> variable, Output<?> gradient, Shape shape) {
    Tensor zeros() {
      return Tensor.allocate(TensorType.FLOAT32, shape.toArray());
    }
  }
}
