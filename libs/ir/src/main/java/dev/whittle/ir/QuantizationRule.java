package dev.whittle.ir;

import dev.whittle.ir.tensor.Quantization;
import dev.whittle.ir.tensor.TensorType;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * How an operator works on integers that stand for real numbers: what a quantizer must know of it.
 * The classes are those of TensorFlow Lite's quantization specification (quantization notes,
 * section a.2).
 *
 * @param scales how the parameters of outputs follow from those of inputs
 * @param types the activation types that have an integer kernel; empty if none has
 * @param weights the operand that is quantized symmetrically when constant; -1 for none
 * @param axis the weights' axis with a scale for each slice; -1 for one scale
 * @param bias the operand that is added to the sums of products; -1 for none
 * @param stored the operands worth storing as 8-bit constants although the activations are floats:
 *     for a hybrid kernel if there is one, else behind a DEQUANTIZE
 * @param fixed the parameters that the kernel insists on for its output, by activation type
 */
public record QuantizationRule(
    Scales scales,
    Set<TensorType> types,
    int weights,
    int axis,
    int bias,
    List<Integer> stored,
    Map<TensorType, Quantization> fixed) {

  /** How the parameters of outputs follow from those of inputs. */
  public enum Scales {
    /** Inputs and outputs each have their own. */
    FREE,
    /** All floats among inputs and outputs have the same: elements are moved or compared. */
    SHARED,
    /**
     * As {@link #SHARED}, and the outputs lie between the inputs, so that a constant beyond the
     * range of the other operands may be cut to it.
     */
    BOUNDED,
    /** Outputs are no quantized numbers: positions, truth values, extents. */
    NONE
  }

  /** No integer kernel, and nothing worth storing otherwise. */
  public static final QuantizationRule FLOAT_ONLY = of(Scales.FREE);

  public QuantizationRule {
    types = Set.copyOf(types);
    stored = List.copyOf(stored);
    fixed = Map.copyOf(fixed);
  }

  /** An operator without weights whose integer kernels take these activation types. */
  public static QuantizationRule of(Scales scales, TensorType... types) {
    return new QuantizationRule(scales, Set.of(types), -1, -1, -1, List.of(), Map.of());
  }

  /**
   * An operator that sums products with weights, with kernels for 8-bit and 16-bit activations.
   *
   * @param axis the weights' axis of output channels; -1 for one scale for all
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

  /** An operator of floats only with weights worth storing as 8-bit integers. */
  public static QuantizationRule stored(int weights, int axis) {
    return new QuantizationRule(
        Scales.FREE, Set.of(), weights, axis, -1, List.of(weights), Map.of());
  }

  /** An operator whose output has these parameters always. */
  public static QuantizationRule fixed(Map<TensorType, Quantization> outputs) {
    return new QuantizationRule(Scales.FREE, outputs.keySet(), -1, -1, -1, List.of(), outputs);
  }

  /** The same with other operands that are worth storing as 8-bit constants among floats. */
  public QuantizationRule withStored(Integer... operands) {
    return new QuantizationRule(scales, types, weights, axis, bias, List.of(operands), fixed);
  }

  /** The parameters that the output must have for activations of this type; null for free ones. */
  public @Nullable Quantization fixedOutput(TensorType type) {
    return fixed.get(type);
  }

  /** Whether all floats among inputs and outputs have one set of parameters. */
  public boolean sharesScales() {
    return scales == Scales.SHARED || scales == Scales.BOUNDED;
  }
}
