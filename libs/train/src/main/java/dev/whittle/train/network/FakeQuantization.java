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
 * Simulates the quantization of the deployed model in training: values are rounded, and gradients
 * pass through the rounding (Jacob et al., "Quantization and training of neural networks for
 * efficient integer-arithmetic-only inference", 2018). Ranges of activations are moving averages of
 * the minimum and maximum of batches.
 */
final class FakeQuantization {
  /** The weight of the previous range in the moving average. */
  private static final float RANGE_MOMENTUM = 0.99f;

  private static final float MIN_WIDTH = 1e-6f;
  private static final float MIN_SCALE = 1e-8f;

  private final QuantizationPlan plan;
  private final TensorFlowOps ops;
  private final Map<Integer, Output<?>> lows = new HashMap<>();
  private final Map<Integer, Output<?>> highs = new HashMap<>();
  private final Map<Integer, List<Output<?>>> batchMinima = new HashMap<>();
  private final Map<Integer, List<Output<?>>> batchMaxima = new HashMap<>();
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
   * Returns an activation after quantization and dequantization; the activation itself if it is not
   * quantized.
   *
   * @param observe whether the value contributes to the moving averages
   */
  Output<?> activation(int id, Output<?> x, boolean observe) {
    QuantizationPlan.Activation activation = plan.activations().get(id);
    if (activation == null) {
      return x;
    }
    Quantization fixed = activation.fixed();
    if (fixed != null) {
      Output<?> scale = ops.number(fixed.scaleValue());
      return quantized(x, scale, ops.number(fixed.zeroPointValue()), activation.type());
    }
    int group = activation.group();
    if (observe) {
      observe(group, x);
    }
    Output<?> scale = scale(group, activation.type());
    return quantized(x, scale, zeroPoint(group, scale, activation.type()), activation.type());
  }

  private void observe(int group, Output<?> x) {
    Output<?> flat = ops.reshape(ops.stopGradient(x), -1);
    batchMinima
        .computeIfAbsent(group, k -> new ArrayList<>())
        .add(ops.reduce("Min", flat, false, 0));
    batchMaxima
        .computeIfAbsent(group, k -> new ArrayList<>())
        .add(ops.reduce("Max", flat, false, 0));
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
      return ops.div(ops.maximum(magnitude, ops.number(MIN_WIDTH)), ops.number(type.maxInteger()));
    }
    Output<?> width = ops.maximum(ops.sub(high(group), low(group)), ops.number(MIN_WIDTH));
    return ops.div(width, ops.number(type.maxInteger() - type.minInteger()));
  }

  private Output<?> zeroPoint(int group, Output<?> scale, TensorType type) {
    if (type == TensorType.INT16) {
      return ops.number(0);
    }
    Output<?> zero = ops.round(ops.sub(ops.number(type.minInteger()), ops.div(low(group), scale)));
    return ops.clip(zero, ops.number(type.minInteger()), ops.number(type.maxInteger()));
  }

  private Output<?> quantized(Output<?> x, Output<?> scale, Output<?> zeroPoint, TensorType type) {
    Output<?> min = ops.number(type.minInteger());
    Output<?> max = ops.number(type.maxInteger());
    Output<?> clipped =
        ops.clip(
            x, ops.mul(ops.sub(min, zeroPoint), scale), ops.mul(ops.sub(max, zeroPoint), scale));
    Output<?> number = ops.mul(ops.round(ops.div(clipped, scale)), scale);
    return ops.straightThrough(clipped, number);
  }

  /** Adds the updates of the moving averages, which run after a step. */
  List<Op> rangeUpdates(TensorFlowOps after) {
    List<Op> updates = new ArrayList<>();
    batchMinima.forEach(
        (group, seen) -> updates.add(updateAverage(after, lows.get(group), fold("Minimum", seen))));
    batchMaxima.forEach(
        (group, seen) ->
            updates.add(updateAverage(after, highs.get(group), fold("Maximum", seen))));
    return updates;
  }

  private Output<?> fold(String type, List<Output<?>> all) {
    Output<?> result = all.getFirst();
    for (Output<?> next : all.subList(1, all.size())) {
      result = ops.op(type, result, next);
    }
    return result;
  }

  private static Op updateAverage(
      TensorFlowOps after, @Nullable Output<?> variable, Output<?> seen) {
    return updateAverage(after, Objects.requireNonNull(variable), seen, RANGE_MOMENTUM);
  }

  /**
   * Adds an exponential moving average: {@code variable -= (variable - observed) * (1 - momentum)}.
   */
  static Op updateAverage(TensorFlowOps after, Output<?> variable, Output<?> seen, float momentum) {
    Output<?> change = after.mul(after.sub(variable, seen), after.number(1 - momentum));
    return after.op("AssignSub", variable, change);
  }

  // Weights and biases.

  /** Returns weights after quantization and dequantization; unchanged if they are not quantized. */
  Output<?> weights(int id, Output<?> weights, int[] dims) {
    QuantizationPlan.Weights quantized = plan.weights().get(id);
    if (quantized == null) {
      return weights;
    }
    int[] reducedAxes = new int[quantized.axis() < 0 ? dims.length : dims.length - 1];
    for (int i = 0, next = 0; i < dims.length; i++) {
      if (i != quantized.axis()) {
        reducedAxes[next++] = i;
      }
    }
    Output<?> maxMagnitude =
        ops.reduce("Max", ops.op("Abs", ops.stopGradient(weights)), true, reducedAxes);
    Output<?> scale =
        ops.maximum(
            ops.div(maxMagnitude, ops.number(quantized.maxInteger())), ops.number(MIN_SCALE));
    weightScales.put(id, scale);
    Output<?> number = ops.mul(ops.round(ops.div(weights, scale)), scale);
    return ops.straightThrough(weights, number);
  }

  /**
   * Returns a bias after quantization and dequantization; unchanged if it is not quantized.
   *
   * @param node the index of the node that adds it
   */
  Output<?> bias(int node, Output<?> bias) {
    for (QuantizationPlan.Bias planned : plan.biases()) {
      QuantizationPlan.Activation input = plan.activations().get(planned.input());
      Output<?> weightScale = weightScales.get(planned.weights());
      if (planned.node() == node && input != null && weightScale != null) {
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
