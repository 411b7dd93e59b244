package dev.whittle.train.network;

import dev.whittle.ir.tensor.Quantization;
import dev.whittle.ir.tensor.Tensor;
import dev.whittle.ir.tensor.TensorType;
import dev.whittle.optimize.calibrate.Range;
import dev.whittle.optimize.quantize.QuantizationPlan;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import org.jspecify.annotations.Nullable;
import org.tensorflow.Output;
import org.tensorflow.op.Op;

/**
 * Rounds numbers as the integers of the deployed model will, while gradients pass as if they had
 * not been rounded (Jacob et al., 2018). Ranges of activations are moving averages of what batches
 * show.
 */
final class FakeQuantization {
  /** The share of a range that a step keeps. */
  private static final float RANGE_MOMENTUM = 0.99f;

  private static final float LEAST_WIDTH = 1e-6f;
  private static final float LEAST_SCALE = 1e-8f;

  private final QuantizationPlan plan;
  private final Build build;
  private final Map<Integer, Output<?>> lows = new HashMap<>();
  private final Map<Integer, Output<?>> highs = new HashMap<>();
  private final Map<Integer, List<Output<?>>> seenLows = new HashMap<>();
  private final Map<Integer, List<Output<?>>> seenHighs = new HashMap<>();
  private final Map<Integer, Output<?>> weightScales = new HashMap<>();

  FakeQuantization(QuantizationPlan plan, Build build, Variables variables) {
    this.plan = plan;
    this.build = build;
    for (QuantizationPlan.Activation activation : plan.activations().values()) {
      int group = activation.group();
      if (activation.fixed() == null && !lows.containsKey(group)) {
        Range range = activation.range();
        lows.put(group, variables.create(lowName(group), scalar((float) range.min())));
        highs.put(group, variables.create(highName(group), scalar((float) range.max())));
      }
    }
  }

  private static Tensor scalar(float value) {
    return Tensor.onHeap(new float[] {value});
  }

  static String lowName(int group) {
    return "range" + group + "_low";
  }

  static String highName(int group) {
    return "range" + group + "_high";
  }

  boolean isInteger(int node) {
    return plan.integerNodes().contains(node);
  }

  // Activations.

  /**
   * A value as its integers stand for it.
   *
   * @param observe whether the value takes part in the moving averages
   */
  Output<?> activation(int id, Output<?> x, boolean observe) {
    QuantizationPlan.Activation activation = plan.activations().get(id);
    if (activation == null) {
      return x;
    }
    Quantization fixed = activation.fixed();
    if (fixed != null) {
      Output<?> scale = build.number(fixed.scaleValue());
      return rounded(x, scale, build.number(fixed.zeroPointValue()), activation.type());
    }
    int group = activation.group();
    if (observe) {
      observe(group, x);
    }
    Output<?> scale = scale(group, activation.type());
    return rounded(x, scale, zeroPoint(group, scale, activation.type()), activation.type());
  }

  private void observe(int group, Output<?> x) {
    Output<?> flat = build.reshape(build.stopGradient(x), -1);
    seenLows
        .computeIfAbsent(group, k -> new ArrayList<>())
        .add(build.reduce("Min", flat, false, 0));
    seenHighs
        .computeIfAbsent(group, k -> new ArrayList<>())
        .add(build.reduce("Max", flat, false, 0));
  }

  private Output<?> low(int group) {
    return build.minimum(Objects.requireNonNull(lows.get(group)), build.number(0));
  }

  private Output<?> high(int group) {
    return build.maximum(Objects.requireNonNull(highs.get(group)), build.number(0));
  }

  private Output<?> scale(int group, TensorType type) {
    if (type == TensorType.INT16) {
      Output<?> magnitude = build.maximum(build.op("Neg", low(group)), high(group));
      return build.div(
          build.maximum(magnitude, build.number(LEAST_WIDTH)), build.number(type.maxInteger()));
    }
    Output<?> width = build.maximum(build.sub(high(group), low(group)), build.number(LEAST_WIDTH));
    return build.div(width, build.number(type.maxInteger() - type.minInteger()));
  }

  private Output<?> zeroPoint(int group, Output<?> scale, TensorType type) {
    if (type == TensorType.INT16) {
      return build.number(0);
    }
    Output<?> zero =
        build.round(build.sub(build.number(type.minInteger()), build.div(low(group), scale)));
    return build.clip(zero, build.number(type.minInteger()), build.number(type.maxInteger()));
  }

  private Output<?> rounded(Output<?> x, Output<?> scale, Output<?> zeroPoint, TensorType type) {
    Output<?> least = build.number(type.minInteger());
    Output<?> greatest = build.number(type.maxInteger());
    Output<?> clipped =
        build.clip(
            x,
            build.mul(build.sub(least, zeroPoint), scale),
            build.mul(build.sub(greatest, zeroPoint), scale));
    Output<?> number = build.mul(build.round(build.div(clipped, scale)), scale);
    return build.straightThrough(clipped, number);
  }

  /** The assignments that move the ranges on, to be run after a step. */
  List<Op> rangeUpdates(Build after) {
    List<Op> updates = new ArrayList<>();
    seenLows.forEach(
        (group, seen) -> updates.add(move(after, lows.get(group), extreme("Minimum", seen))));
    seenHighs.forEach(
        (group, seen) -> updates.add(move(after, highs.get(group), extreme("Maximum", seen))));
    return updates;
  }

  private Output<?> extreme(String type, List<Output<?>> all) {
    Output<?> extreme = all.getFirst();
    for (Output<?> one : all.subList(1, all.size())) {
      extreme = build.op(type, extreme, one);
    }
    return extreme;
  }

  private static Op move(Build after, @Nullable Output<?> variable, Output<?> seen) {
    return move(after, Objects.requireNonNull(variable), seen, RANGE_MOMENTUM);
  }

  /** Moves a moving average on. */
  static Op move(Build after, Output<?> variable, Output<?> seen, float momentum) {
    Output<?> change = after.mul(after.sub(variable, seen), after.number(1 - momentum));
    return after.op("AssignSub", variable, change);
  }

  // Weights and biases.

  /** Weights as their integers stand for them. */
  Output<?> weights(int id, Output<?> weights, int[] dims) {
    QuantizationPlan.Weights form = plan.weights().get(id);
    if (form == null) {
      return weights;
    }
    int[] others = new int[form.axis() < 0 ? dims.length : dims.length - 1];
    for (int i = 0, next = 0; i < dims.length; i++) {
      if (i != form.axis()) {
        others[next++] = i;
      }
    }
    Output<?> largest =
        build.reduce("Max", build.op("Abs", build.stopGradient(weights)), true, others);
    Output<?> scale =
        build.maximum(build.div(largest, build.number(form.greatest())), build.number(LEAST_SCALE));
    weightScales.put(id, scale);
    Output<?> number = build.mul(build.round(build.div(weights, scale)), scale);
    return build.straightThrough(weights, number);
  }

  /** A bias as its integers stand for it. */
  Output<?> bias(int node, Output<?> bias) {
    for (QuantizationPlan.Bias form : plan.biases()) {
      QuantizationPlan.Activation input = plan.activations().get(form.input());
      Output<?> weightScale = weightScales.get(form.weights());
      if (form.node() == node && input != null && weightScale != null) {
        Quantization fixed = input.fixed();
        Output<?> inputScale =
            fixed != null ? build.number(fixed.scaleValue()) : scale(input.group(), input.type());
        Output<?> scale = build.mul(build.reshape(weightScale, -1), inputScale);
        return build.straightThrough(bias, build.mul(build.round(build.div(bias, scale)), scale));
      }
    }
    return bias;
  }
}
