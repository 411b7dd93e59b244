/**
 * The accuracy doctor, which finds the layers of a quantized model that cost accuracy and proposes
 * a recipe. May use: {@code dev.whittle.evaluate}, {@code dev.whittle.ir}, {@code
 * dev.whittle.tflite}, {@code dev.whittle.runtime}, {@code dev.whittle.data}, {@code
 * dev.whittle.optimize}.
 */
@NullMarked
package dev.whittle.evaluate.doctor;

import org.jspecify.annotations.NullMarked;
