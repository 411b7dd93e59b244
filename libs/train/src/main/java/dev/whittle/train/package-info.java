/**
 * Training with TensorFlow Java, and conversion of its graphs. The package loads native code, so no
 * other library depends on it. May use: {@code dev.whittle.ir}, {@code dev.whittle.tflite}, {@code
 * dev.whittle.convert}, {@code dev.whittle.optimize}, {@code dev.whittle.data}, {@code
 * dev.whittle.npz}, {@code dev.whittle.train.network}, TensorFlow Java.
 */
@NullMarked
package dev.whittle.train;

import org.jspecify.annotations.NullMarked;
