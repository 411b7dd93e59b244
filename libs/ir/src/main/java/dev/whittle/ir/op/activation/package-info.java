/**
 * Activation functions, including softmax. May use: the JDK, {@code ir}, {@code ir.kernel}, {@code
 * ir.op}, {@code ir.op.common}, {@code ir.tensor}.
 */
@NullMarked
package dev.whittle.ir.op.activation;

import org.jspecify.annotations.NullMarked;
