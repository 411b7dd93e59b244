/**
 * Operators that find, select or write elements by index or condition. May use: {@code
 * ir.op.common} and below.
 */
@NullMarked
package dev.whittle.ir.op.index;

import org.jspecify.annotations.NullMarked;
