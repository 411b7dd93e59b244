/** Kernels that compute element by element. May use: {@code runtime.kernel.execution} and below. */
@NullMarked
package dev.whittle.runtime.kernel.elementwise;

import org.jspecify.annotations.NullMarked;
