/** Recurrent layers. May use: {@code ir.op.common} and below. */
@NullMarked
package dev.whittle.ir.op.recurrent;

import org.jspecify.annotations.NullMarked;
