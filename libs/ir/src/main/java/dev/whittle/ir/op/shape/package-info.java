/**
 * Operators that compute shapes or move elements in a fixed pattern. May use: the JDK, {@code ir},
 * {@code ir.kernel}, {@code ir.op}, {@code ir.op.common}, {@code ir.tensor}.
 */
@NullMarked
package dev.whittle.ir.op.shape;

import org.jspecify.annotations.NullMarked;
