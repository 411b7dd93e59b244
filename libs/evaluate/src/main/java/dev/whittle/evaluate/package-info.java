/**
 * Comparison of models: accuracy, size and latency. May use: {@code dev.whittle.ir}, {@code
 * dev.whittle.tflite}, {@code dev.whittle.runtime}, {@code dev.whittle.data}, {@code
 * dev.whittle.optimize.calibrate}, {@code dev.whittle.json}, {@code dev.whittle.io}, XChart.
 */
@NullMarked
package dev.whittle.evaluate;

import org.jspecify.annotations.NullMarked;
