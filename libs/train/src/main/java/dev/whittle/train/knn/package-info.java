/**
 * Nearest-neighbors classification with TensorFlow Java and with an exported model. May use: {@code
 * dev.whittle.ir}, {@code dev.whittle.tflite}, {@code dev.whittle.runtime}, {@code
 * dev.whittle.convert.knn}, {@code dev.whittle.train.data}, TensorFlow Java, XChart.
 */
@NullMarked
package dev.whittle.train.knn;

import org.jspecify.annotations.NullMarked;
