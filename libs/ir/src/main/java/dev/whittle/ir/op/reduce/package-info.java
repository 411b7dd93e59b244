/**
 * Operators that reduce or scan axes: sums, means, extrema, segments. May use: the JDK, {@code ir},
 * {@code ir.kernel}, {@code ir.op}, {@code ir.op.common}, {@code ir.tensor}.
 */
@NullMarked
package dev.whittle.ir.op.reduce;

import org.jspecify.annotations.NullMarked;
