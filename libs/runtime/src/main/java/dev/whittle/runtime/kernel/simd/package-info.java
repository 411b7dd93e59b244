/**
 * Micro-kernels: the inner loops of fast kernels over arrays, vector and scalar twins side by side,
 * with the layouts that they read. May use: {@code runtime.kernel.geometry}, {@code ir}.
 */
@NullMarked
package dev.whittle.runtime.kernel.simd;

import org.jspecify.annotations.NullMarked;
