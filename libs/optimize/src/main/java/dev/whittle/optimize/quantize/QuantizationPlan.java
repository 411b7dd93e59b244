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
 * What quantization will do to the main graph of a model, for training that takes it into account.
 * Nodes and values are those of the model the plan was made for.
 *
 * @param recipe that leads from the trained model to the planned one, together with {@code
 *     floatNodes}
 * @param integerNodes the nodes that will compute in integers
 * @param floatNodes the nodes that will not
 * @param activations computed values and inputs that will be integers where an integer node writes
 *     or reads them, by id
 * @param weights constants that will be integers, by id
 * @param biases constants that will be integers of the scale of products
 */
public record QuantizationPlan(
    Recipe recipe,
    Set<Integer> integerNodes,
    Set<Integer> floatNodes,
    Map<Integer, Activation> activations,
    Map<Integer, Weights> weights,
    List<Bias> biases) {

  /**
   * A value as integers.
   *
   * @param group values of one group have the same parameters
   * @param fixed the parameters where the operator insists on them; null where a range gives them
   * @param range the group's calibrated range
   */
  public record Activation(int group, TensorType type, @Nullable Quantization fixed, Range range) {}

  /**
   * Weights as integers, symmetric around zero.
   *
   * @param axis with a scale for each slice; -1 for one scale
   */
  public record Weights(TensorType type, int axis) {
    /** What the integers go up to, and down to. */
    public int maxInteger() {
      return WeightScales.maxInteger(type.bits());
    }

    /** The scales that the largest magnitudes give. */
    public float[] scales(float[] numbers, int[] dims) {
      return WeightScales.of(numbers, dims, axis, type.bits(), WeightMethod.MIN_MAX);
    }
  }

  /**
   * A bias as integers.
   *
   * @param node that adds it
   * @param bias the constant's id
   * @param weights the id of the weights constant
   * @param input the id of the activation whose scale counts
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
