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
  private final TensorFlowOps ops;
  private final Map<Integer, Output<?>> lows = new HashMap<>();
  private final Map<Integer, Output<?>> highs = new HashMap<>();
  private final Map<Integer, List<Output<?>>> seenLows = new HashMap<>();
  private final Map<Integer, List<Output<?>>> seenHighs = new HashMap<>();
  private final Map<Integer, Output<?>> weightScales = new HashMap<>();

  FakeQuantization(QuantizationPlan plan, TensorFlowOps ops, Variables variables) {
    this.plan = plan;
    this.ops = ops;
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
      Output<?> scale = ops.number(fixed.scaleValue());
      return rounded(x, scale, ops.number(fixed.zeroPointValue()), activation.type());
    }
    int group = activation.group();
    if (observe) {
      observe(group, x);
    }
    Output<?> scale = scale(group, activation.type());
    return rounded(x, scale, zeroPoint(group, scale, activation.type()), activation.type());
  }

  private void observe(int group, Output<?> x) {
    Output<?> flat = ops.reshape(ops.stopGradient(x), -1);
    seenLows.computeIfAbsent(group, k -> new ArrayList<>()).add(ops.reduce("Min", flat, false, 0));
    seenHighs.computeIfAbsent(group, k -> new ArrayList<>()).add(ops.reduce("Max", flat, false, 0));
  }

  private Output<?> low(int group) {
    return ops.minimum(Objects.requireNonNull(lows.get(group)), ops.number(0));
  }

  private Output<?> high(int group) {
    return ops.maximum(Objects.requireNonNull(highs.get(group)), ops.number(0));
  }

  private Output<?> scale(int group, TensorType type) {
    if (type == TensorType.INT16) {
      Output<?> magnitude = ops.maximum(ops.op("Neg", low(group)), high(group));
      return ops.div(
          ops.maximum(magnitude, ops.number(LEAST_WIDTH)), ops.number(type.maxInteger()));
    }
    Output<?> width = ops.maximum(ops.sub(high(group), low(group)), ops.number(LEAST_WIDTH));
    return ops.div(width, ops.number(type.maxInteger() - type.minInteger()));
  }

  private Output<?> zeroPoint(int group, Output<?> scale, TensorType type) {
    if (type == TensorType.INT16) {
      return ops.number(0);
    }
    Output<?> zero = ops.round(ops.sub(ops.number(type.minInteger()), ops.div(low(group), scale)));
    return ops.clip(zero, ops.number(type.minInteger()), ops.number(type.maxInteger()));
  }

  private Output<?> rounded(Output<?> x, Output<?> scale, Output<?> zeroPoint, TensorType type) {
    Output<?> least = ops.number(type.minInteger());
    Output<?> greatest = ops.number(type.maxInteger());
    Output<?> clipped =
        ops.clip(
            x,
            ops.mul(ops.sub(least, zeroPoint), scale),
            ops.mul(ops.sub(greatest, zeroPoint), scale));
    Output<?> number = ops.mul(ops.round(ops.div(clipped, scale)), scale);
    return ops.straightThrough(clipped, number);
  }

  /** The assignments that move the ranges on, to be run after a step. */
  List<Op> rangeUpdates(TensorFlowOps after) {
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
      extreme = ops.op(type, extreme, one);
    }
    return extreme;
  }

  private static Op move(TensorFlowOps after, @Nullable Output<?> variable, Output<?> seen) {
    return move(after, Objects.requireNonNull(variable), seen, RANGE_MOMENTUM);
  }

  /** Moves a moving average on. */
  static Op move(TensorFlowOps after, Output<?> variable, Output<?> seen, float momentum) {
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
    Output<?> largest = ops.reduce("Max", ops.op("Abs", ops.stopGradient(weights)), true, others);
    Output<?> scale =
        ops.maximum(ops.div(largest, ops.number(form.maxInteger())), ops.number(LEAST_SCALE));
    weightScales.put(id, scale);
    Output<?> number = ops.mul(ops.round(ops.div(weights, scale)), scale);
    return ops.straightThrough(weights, number);
  }

  /** A bias as its integers stand for it. */
  Output<?> bias(int node, Output<?> bias) {
    for (QuantizationPlan.Bias form : plan.biases()) {
      QuantizationPlan.Activation input = plan.activations().get(form.input());
      Output<?> weightScale = weightScales.get(form.weights());
      if (form.node() == node && input != null && weightScale != null) {
        Quantization fixed = input.fixed();
        Output<?> inputScale =
            fixed != null ? ops.number(fixed.scaleValue()) : scale(input.group(), input.type());
        Output<?> scale = ops.mul(ops.reshape(weightScale, -1), inputScale);
        return ops.straightThrough(bias, ops.mul(ops.round(ops.div(bias, scale)), scale));
      }
    }
    return bias;
  }
}
