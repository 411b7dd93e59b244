/**
 * Operators that compute each element of the output from elements in the same position: arithmetic,
 * comparisons, logic and bits. May use: {@code ir.op.common} and below.
 */
@NullMarked
package dev.whittle.ir.op.math;

import org.jspecify.annotations.NullMarked;
