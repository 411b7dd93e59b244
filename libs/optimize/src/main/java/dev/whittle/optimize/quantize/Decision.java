package dev.whittle.optimize.quantize;

import dev.whittle.optimize.recipe.Compute;
import dev.whittle.optimize.recipe.Settings;
import org.jspecify.annotations.Nullable;

/**
 * What becomes of one node.
 *
 * @param settings those of the recipe, with {@link Compute#FLOAT} where they cannot be followed
 * @param obstacle why they cannot; null if they can, or if the recipe says float
 */
record Decision(Settings settings, @Nullable String obstacle) {
  static Decision follow(Settings settings) {
    return new Decision(settings, null);
  }

  static Decision stayFloat(Settings settings, String obstacle) {
    return new Decision(settings.with(Compute.FLOAT), obstacle);
  }

  boolean isInteger() {
    return settings.compute() == Compute.INTEGER;
  }
}
