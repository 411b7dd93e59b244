package dev.whittle.ir;

import dev.whittle.ir.tensor.Quantization;
import dev.whittle.ir.tensor.TensorType;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * The quantization constraints of an operator: which integer kernels it has, and how the scales and
 * zero points of its operands depend on each other. The quantizer reads them to decide where a
 * graph can compute in integers. The constraints are those of the TensorFlow Lite 8-bit
 * quantization specification.
 *
 * <p>An operator returns its rule from {@link Op#quantizationRule}. For most, one of the factory
 * methods is enough: {@link #of} for an operator without weights, {@link #weighted} for one with a
 * filter and a bias, {@link #fixed} for one whose output has prescribed parameters.
 *
 * @param scales how the parameters of the outputs depend on those of the inputs
 * @param types the activation types that have an integer kernel; empty for float kernels only
 * @param weights the index of the input that is quantized symmetrically if it is constant; -1 for
 *     none
 * @param axis the axis of the weights with a scale for each slice; -1 for one scale
 * @param bias the index of the input that is added to the sums of products, whose scale is the
 *     product of the scales of activations and weights; -1 for none
 * @param stored the indices of inputs that are stored as 8-bit constants if the activations remain
 *     floats: for the hybrid kernel if there is one, else followed by a DEQUANTIZE
 * @param fixed the parameters that the integer kernel requires of its output, by activation type
 */
public record QuantizationRule(
    Scales scales,
    Set<TensorType> types,
    int weights,
    int axis,
    int bias,
    List<Integer> stored,
    Map<TensorType, Quantization> fixed) {

  /** The dependence of the outputs' scales and zero points on those of the inputs. */
  public enum Scales {
    /** Each input and output has parameters of its own. */
    FREE,
    /** All real inputs and outputs have the same parameters: elements are moved or compared. */
    SHARED,
    /**
     * All real inputs and outputs have the same parameters, as with {@link #SHARED}, and every
     * output element is between those of the inputs. A constant outside the range of the other
     * inputs may be clamped to it.
     */
    BOUNDED,
    /** The outputs are not quantized: they are indices, booleans or dimensions. */
    NONE
  }

  /** The rule of an operator that has float kernels only and no weights. */
  public static final QuantizationRule FLOAT_ONLY = of(Scales.FREE);

  public QuantizationRule {
    types = Set.copyOf(types);
    stored = List.copyOf(stored);
    fixed = Map.copyOf(fixed);
  }

  /** Returns the rule of an operator without weights. */
  public static QuantizationRule of(Scales scales, TensorType... types) {
    return new QuantizationRule(scales, Set.of(types), -1, -1, -1, List.of(), Map.of());
  }

  /**
   * Returns the rule of an operator that adds a bias to sums of products with weights, and has
   * kernels for 8-bit and 16-bit activations.
   *
   * @param weights the index of the weights among the inputs
   * @param axis the axis of the weights that corresponds to output channels; -1 for one scale
   * @param bias the index of the bias among the inputs
   */
  public static QuantizationRule weighted(int weights, int axis, int bias) {
    return new QuantizationRule(
        Scales.FREE,
        Set.of(TensorType.INT8, TensorType.INT16),
        weights,
        axis,
        bias,
        List.of(weights),
        Map.of());
  }

  /**
   * Returns the rule of an operator that has float kernels only, and weights that are stored in 8
   * bits.
   *
   * @param weights the index of the weights among the inputs
   * @param axis the axis of the weights with a scale for each slice; -1 for one scale
   */
  public static QuantizationRule stored(int weights, int axis) {
    return new QuantizationRule(
        Scales.FREE, Set.of(), weights, axis, -1, List.of(weights), Map.of());
  }

  /** Returns the rule of an operator whose output has prescribed parameters, by activation type. */
  public static QuantizationRule fixed(Map<TensorType, Quantization> outputs) {
    return new QuantizationRule(Scales.FREE, outputs.keySet(), -1, -1, -1, List.of(), outputs);
  }

  /** Returns this rule with other inputs that are stored in 8 bits if activations remain floats. */
  public QuantizationRule withStored(Integer... operands) {
    return new QuantizationRule(scales, types, weights, axis, bias, List.of(operands), fixed);
  }

  /** Returns the prescribed parameters of the output for an activation type; null for free ones. */
  public @Nullable Quantization fixedOutput(TensorType type) {
    return fixed.get(type);
  }

  /** Returns whether all real inputs and outputs have the same parameters. */
  public boolean sharesScales() {
    return scales == Scales.SHARED || scales == Scales.BOUNDED;
  }
}
