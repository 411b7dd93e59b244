/** Recurrent layers. May use: {@code runtime.kernel.gemm} and below. */
@NullMarked
package dev.whittle.runtime.kernel.recurrent;

import org.jspecify.annotations.NullMarked;
