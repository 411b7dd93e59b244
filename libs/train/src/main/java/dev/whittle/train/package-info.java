/**
 * The bridge to TensorFlow Java: training. Loads native code, so nothing of the core depends on it.
 * May use: {@code dev.whittle.convert}, {@code dev.whittle.optimize}, {@code dev.whittle.evaluate},
 * {@code dev.whittle.data}, {@code dev.whittle.runtime}, TensorFlow Java.
 */
@NullMarked
package dev.whittle.train;

import org.jspecify.annotations.NullMarked;
