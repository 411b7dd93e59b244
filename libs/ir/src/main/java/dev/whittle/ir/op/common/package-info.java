/**
 * Typing rules, arithmetic and reference kernels that operators of several families share. May use:
 * the JDK, {@code ir}, {@code ir.kernel}, {@code ir.op}, {@code ir.tensor}.
 */
@NullMarked
package dev.whittle.ir.op.common;

import org.jspecify.annotations.NullMarked;
