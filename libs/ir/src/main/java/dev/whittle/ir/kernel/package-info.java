/**
 * The interface of kernels: what a kernel is, what it sees of a node, and the fixed-point
 * arithmetic that integer kernels share. May use: {@code ir.tensor}.
 */
@NullMarked
package dev.whittle.ir.kernel;

import org.jspecify.annotations.NullMarked;
