/**
 * Operators that find, select or write elements by index or condition. May use: the JDK, {@code
 * ir}, {@code ir.kernel}, {@code ir.op.common}, {@code ir.tensor}.
 */
@NullMarked
package dev.whittle.ir.op.index;

import org.jspecify.annotations.NullMarked;
