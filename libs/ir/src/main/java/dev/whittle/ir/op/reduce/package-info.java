/**
 * Operators that reduce or scan axes: sums, means, extremes, segments. May use: {@code
 * ir.op.common} and below.
 */
@NullMarked
package dev.whittle.ir.op.reduce;

import org.jspecify.annotations.NullMarked;
