/** Activation functions, softmax included. May use: {@code ir.op.common} and below. */
@NullMarked
package dev.whittle.ir.op.activation;

import org.jspecify.annotations.NullMarked;
