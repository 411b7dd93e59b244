package dev.whittle.optimize.quantize;

import dev.whittle.ir.tensor.Quantization;
import dev.whittle.ir.tensor.TensorType;
import dev.whittle.optimize.calibrate.Range;
import dev.whittle.optimize.recipe.Recipe;
import dev.whittle.optimize.recipe.WeightMethod;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * The quantization of a model's main graph, planned in advance for quantization-aware training.
 * Node indices and value ids are those of the model for which the plan was made.
 *
 * @param recipe the recipe that, together with {@code floatNodes}, quantizes the trained model as
 *     planned
 * @param integerNodes the nodes that will compute in integers
 * @param floatNodes the nodes that will compute in floats
 * @param activations the inputs and computed values that integer nodes read or write, by id
 * @param weights the constants that will be integers, by id
 * @param biases the constants that will be integers with the scale of the products
 */
public record QuantizationPlan(
    Recipe recipe,
    Set<Integer> integerNodes,
    Set<Integer> floatNodes,
    Map<Integer, Activation> activations,
    Map<Integer, Weights> weights,
    List<Bias> biases) {

  /**
   * A quantized activation.
   *
   * @param group the number of its group; values of a group have the same parameters
   * @param type the integer type
   * @param fixed the parameters that the operator requires; null if they follow from the range
   * @param range the group's calibrated range
   */
  public record Activation(int group, TensorType type, @Nullable Quantization fixed, Range range) {}

  /**
   * Weights in symmetric integers.
   *
   * @param type the integer type
   * @param axis the axis along which each slice has a scale; -1 for one scale
   */
  public record Weights(TensorType type, int axis) {
    /** Returns the maximum of the integers; the minimum is its negative. */
    public int maxInteger() {
      return WeightScales.maxInteger(type.bits());
    }

    /**
     * Returns the scale of each slice, from its maximum magnitude.
     *
     * @param numbers the weights
     * @param dims their shape
     */
    public float[] scales(float[] numbers, int[] dims) {
      return WeightScales.of(numbers, dims, axis, type.bits(), WeightMethod.MIN_MAX);
    }
  }

  /**
   * A quantized bias. Its scale is the product of the scales of the input and of the weights.
   *
   * @param node the index of the node that adds it
   * @param bias the id of the bias constant
   * @param weights the id of the weights constant
   * @param input the id of the node's input activation
   */
  public record Bias(int node, int bias, int weights, int input) {}

  public QuantizationPlan {
    integerNodes = Set.copyOf(integerNodes);
    floatNodes = Set.copyOf(floatNodes);
    activations = Map.copyOf(activations);
    weights = Map.copyOf(weights);
    biases = List.copyOf(biases);
  }
}
