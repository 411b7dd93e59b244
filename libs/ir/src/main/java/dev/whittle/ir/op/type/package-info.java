/**
 * Operators that change the type or encoding of elements: casts, quantization, sparse constants.
 * May use: {@code ir.op.common} and below.
 */
@NullMarked
package dev.whittle.ir.op.type;

import org.jspecify.annotations.NullMarked;
