/**
 * Kernels and their invocations, and the fixed-point arithmetic and random numbers that kernels
 * share. May use: the JDK, {@code ir.tensor}.
 */
@NullMarked
package dev.whittle.ir.kernel;

import org.jspecify.annotations.NullMarked;
