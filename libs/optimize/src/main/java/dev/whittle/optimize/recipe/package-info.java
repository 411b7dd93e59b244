/**
 * Recipes, which state the quantization of each operator of a model. May use: {@code
 * dev.whittle.ir}, {@code dev.whittle.json}, {@code dev.whittle.io}, {@code
 * dev.whittle.optimize.calibrate}.
 */
@NullMarked
package dev.whittle.optimize.recipe;

import org.jspecify.annotations.NullMarked;
