/**
 * Runs models on the JVM without native code. Plans memory once and runs kernels over it. May use:
 * {@code dev.whittle.ir}, {@code dev.whittle.tflite}.
 */
@NullMarked
package dev.whittle.runtime;

import org.jspecify.annotations.NullMarked;
