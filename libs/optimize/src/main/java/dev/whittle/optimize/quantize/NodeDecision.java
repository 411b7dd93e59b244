package dev.whittle.optimize.quantize;

import dev.whittle.optimize.recipe.QuantizationMode;
import dev.whittle.optimize.recipe.QuantizationSettings;
import org.jspecify.annotations.Nullable;

/**
 * What becomes of one node.
 *
 * @param settings those of the recipe, with {@link QuantizationMode#FLOAT} where they cannot be
 *     followed
 * @param obstacle why they cannot; null if they can, or if the recipe says float
 */
record NodeDecision(QuantizationSettings settings, @Nullable String obstacle) {
  static NodeDecision follow(QuantizationSettings settings) {
    return new NodeDecision(settings, null);
  }

  static NodeDecision stayFloat(QuantizationSettings settings, String obstacle) {
    return new NodeDecision(settings.withMode(QuantizationMode.FLOAT), obstacle);
  }

  boolean isInteger() {
    return settings.mode() == QuantizationMode.INTEGER;
  }
}
