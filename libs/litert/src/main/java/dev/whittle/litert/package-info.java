/**
 * The native TensorFlow Lite runtime as an optional engine, and the oracle of Whittle's tests. May
 * use: {@code dev.whittle.runtime}, {@code dev.whittle.tflite}, {@code dev.whittle.ir}, and
 * JavaCPP's TensorFlow Lite preset.
 */
@NullMarked
package dev.whittle.litert;

import org.jspecify.annotations.NullMarked;
