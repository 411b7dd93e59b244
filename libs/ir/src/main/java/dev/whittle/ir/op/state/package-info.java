/**
 * Variables and hash tables, which keep their contents between invocations. May use: the JDK,
 * {@code ir}, {@code ir.kernel}, {@code ir.tensor}.
 */
@NullMarked
package dev.whittle.ir.op.state;

import org.jspecify.annotations.NullMarked;
