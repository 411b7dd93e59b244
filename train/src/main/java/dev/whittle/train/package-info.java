/**
 * The bridge to TensorFlow Java. Loads native code, so nothing of the core depends on it. May use:
 * {@code dev.whittle.convert}, {@code dev.whittle.runtime}, TensorFlow Java.
 */
@NullMarked
package dev.whittle.train;

import org.jspecify.annotations.NullMarked;
