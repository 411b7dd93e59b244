/**
 * Operators that change or report shapes and move elements by fixed rules. May use: {@code
 * ir.op.common} and below.
 */
@NullMarked
package dev.whittle.ir.op.shape;

import org.jspecify.annotations.NullMarked;
