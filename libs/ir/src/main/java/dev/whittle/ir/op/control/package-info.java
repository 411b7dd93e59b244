/**
 * Operators that run other graphs of the model. May use: the JDK, {@code ir}, {@code ir.kernel},
 * {@code ir.tensor}.
 */
@NullMarked
package dev.whittle.ir.op.control;

import org.jspecify.annotations.NullMarked;
