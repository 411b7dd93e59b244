/**
 * Quantization of float graphs by a recipe, after calibration or quantization-aware training. May
 * use: {@code dev.whittle.ir}, {@code dev.whittle.data}, {@code dev.whittle.optimize.calibrate},
 * {@code dev.whittle.optimize.recipe}.
 */
@NullMarked
package dev.whittle.optimize.quantize;

import org.jspecify.annotations.NullMarked;
