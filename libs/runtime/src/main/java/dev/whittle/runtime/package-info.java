/**
 * The interpreter and the engines that run models on the JVM without native code. May use: the
 * packages below, {@code dev.whittle.ir}, {@code dev.whittle.tflite}.
 */
@NullMarked
package dev.whittle.runtime;

import org.jspecify.annotations.NullMarked;
