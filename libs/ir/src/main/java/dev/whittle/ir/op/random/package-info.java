/**
 * Random numbers, by TensorFlow Lite's generator. May use: the JDK, {@code ir}, {@code ir.kernel},
 * {@code ir.op.common}, {@code ir.tensor}.
 */
@NullMarked
package dev.whittle.ir.op.random;

import org.jspecify.annotations.NullMarked;
