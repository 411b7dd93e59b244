/**
 * Complex numbers and Fourier transforms. May use: the JDK, {@code ir}, {@code ir.kernel}, {@code
 * ir.tensor}.
 */
@NullMarked
package dev.whittle.ir.op.signal;

import org.jspecify.annotations.NullMarked;
