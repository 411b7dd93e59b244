/**
 * Graphs as trainable TensorFlow networks. May use: {@code dev.whittle.ir}, {@code
 * dev.whittle.optimize}, {@code dev.whittle.convert}, TensorFlow Java.
 */
@NullMarked
package dev.whittle.train.network;

import org.jspecify.annotations.NullMarked;
