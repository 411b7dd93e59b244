/**
 * The experiment with handwritten digits, which compares variants of a small network. May use:
 * {@code dev.whittle.ir}, {@code dev.whittle.runtime}, {@code dev.whittle.data}, {@code
 * dev.whittle.optimize}, {@code dev.whittle.evaluate}, {@code dev.whittle.train}, {@code
 * dev.whittle.train.network}.
 */
@NullMarked
package dev.whittle.train.mnist;

import org.jspecify.annotations.NullMarked;
