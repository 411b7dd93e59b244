package dev.whittle.train.network;

import dev.whittle.ir.tensor.Shape;
import dev.whittle.ir.tensor.Tensor;
import dev.whittle.ir.tensor.TensorType;
import java.util.ArrayList;
import java.util.List;
import org.tensorflow.Output;
import org.tensorflow.op.Op;

/** An optimizer, which updates weights by their gradients. */
public sealed interface Optimizer {
  /**
   * Adam (D. P. Kingma and J. Ba, "Adam: a method for stochastic optimization", 2015).
   *
   * @param learningRate the step size, over 0
   * @param beta1 the decay rate of the first moment, from 0 to 1
   * @param beta2 the decay rate of the second moment, from 0 to 1
   * @param epsilon the number that is added to the root of the second moment
   */
  record Adam(float learningRate, float beta1, float beta2, float epsilon) implements Optimizer {
    public Adam {
      checkRate(learningRate);
    }

    /** Creates Adam with the other parameters of Keras: 0.9, 0.999 and 1e-7. */
    public Adam(float learningRate) {
      this(learningRate, 0.9f, 0.999f, 1e-7f);
    }
  }

  /**
   * Stochastic gradient descent with momentum.
   *
   * @param learningRate the step size, over 0
   * @param momentum the decay rate of the velocity, from 0 to 1; 0 for no momentum
   * @param nesterov whether the gradient is that at the position after the momentum step
   */
  record Sgd(float learningRate, float momentum, boolean nesterov) implements Optimizer {
    public Sgd {
      checkRate(learningRate);
    }
  }

  /** Returns Adam with a learning rate and the other parameters of Keras. */
  static Optimizer adam(float learningRate) {
    return new Adam(learningRate);
  }

  /** Returns stochastic gradient descent with momentum. */
  static Optimizer sgd(float learningRate, float momentum) {
    return new Sgd(learningRate, momentum, false);
  }

  private static void checkRate(float learningRate) {
    if (!(learningRate > 0) || Float.isInfinite(learningRate)) {
      throw new IllegalArgumentException(
          "the learning rate must be over 0 and finite, not " + learningRate);
    }
  }

  /**
   * Adds the operations of a step.
   *
   * @param updates the variables with their gradients
   * @return an operation that runs after all variables have been updated
   */
  @SuppressWarnings("exports") // only this package calls it
  default Op apply(TensorFlowOps ops, Variables variables, List<Update> updates) {
    return switch (this) {
      case Adam adam -> adam(ops, variables, updates, adam);
      case Sgd sgd -> {
        List<Op> applied = new ArrayList<>();
        for (Update update : updates) {
          Output<?> momentum = variables.create(update.name() + "_momentum", update.zeros());
          applied.add(
              ops.op(
                  "ApplyMomentum",
                  b -> b.setAttr("use_nesterov", sgd.nesterov()),
                  update.variable(),
                  momentum,
                  ops.number(sgd.learningRate()),
                  update.gradient(),
                  ops.number(sgd.momentum())));
        }
        yield ops.after(applied).tf().noOp();
      }
    };
  }

  private static Op adam(TensorFlowOps ops, Variables variables, List<Update> updates, Adam adam) {
    Output<?> power1 = variables.create("adam_beta1_power", scalar(adam.beta1()));
    Output<?> power2 = variables.create("adam_beta2_power", scalar(adam.beta2()));
    List<Op> applied = new ArrayList<>();
    for (Update update : updates) {
      Output<?> first = variables.create(update.name() + "_moment1", update.zeros());
      Output<?> second = variables.create(update.name() + "_moment2", update.zeros());
      applied.add(
          ops.op(
              "ApplyAdam",
              update.variable(),
              first,
              second,
              power1,
              power2,
              ops.number(adam.learningRate()),
              ops.number(adam.beta1()),
              ops.number(adam.beta2()),
              ops.number(adam.epsilon()),
              update.gradient()));
    }
    // After all updates, because they read the powers.
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

  /** A variable with its gradient. */
  record Update(String name, Output<?> variable, Output<?> gradient, Shape shape) {
    Tensor zeros() {
      return Tensor.allocate(TensorType.FLOAT32, shape.toArray());
    }
  }
}
