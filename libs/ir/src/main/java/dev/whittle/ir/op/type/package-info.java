/**
 * Conversions of element types: casts, quantization, sparse constants. May use: the JDK, {@code
 * ir}, {@code ir.kernel}, {@code ir.op}, {@code ir.op.common}, {@code ir.tensor}.
 */
@NullMarked
package dev.whittle.ir.op.type;

import org.jspecify.annotations.NullMarked;
