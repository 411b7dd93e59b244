/**
 * Calibration: statistics of a model's tensors for typical inputs, and the ranges that follow from
 * them. May use: {@code dev.whittle.ir}, {@code dev.whittle.runtime}, {@code dev.whittle.data},
 * {@code dev.whittle.json}, {@code dev.whittle.io}.
 */
@NullMarked
package dev.whittle.optimize.calibrate;

import org.jspecify.annotations.NullMarked;
