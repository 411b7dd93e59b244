package dev.whittle.optimize.quantize;

import dev.whittle.optimize.recipe.QuantizationMode;
import dev.whittle.optimize.recipe.QuantizationSettings;
import org.jspecify.annotations.Nullable;

/**
 * The quantization of one node.
 *
 * @param settings the settings of the recipe, with {@link QuantizationMode#FLOAT} if they cannot be
 *     applied
 * @param obstacle the reason why they cannot be applied; null if they can, or if the recipe leaves
 *     the node in floats
 */
record NodeDecision(QuantizationSettings settings, @Nullable String obstacle) {
  /** Returns the decision to apply the settings. */
  static NodeDecision apply(QuantizationSettings settings) {
    return new NodeDecision(settings, null);
  }

  /** Returns the decision to leave a node in floats for a reason. */
  static NodeDecision keepFloat(QuantizationSettings settings, String obstacle) {
    return new NodeDecision(settings.withMode(QuantizationMode.FLOAT), obstacle);
  }

  boolean isInteger() {
    return settings.mode() == QuantizationMode.INTEGER;
  }
}
