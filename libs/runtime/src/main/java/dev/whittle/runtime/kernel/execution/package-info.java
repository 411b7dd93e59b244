/**
 * Execution of fast kernels: threads, scratch buffers, arrays behind tensors. May use: {@code
 * runtime.kernel.simd} and below.
 */
@NullMarked
package dev.whittle.runtime.kernel.execution;

import org.jspecify.annotations.NullMarked;
