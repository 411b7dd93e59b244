/** Complex numbers and Fourier transforms. May use: {@code ir.op.common} and below. */
@NullMarked
package dev.whittle.ir.op.signal;

import org.jspecify.annotations.NullMarked;
