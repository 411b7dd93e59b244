/** Depthwise convolutions. May use: {@code runtime.kernel.gemm} and below. */
@NullMarked
package dev.whittle.runtime.kernel.depthwise;

import org.jspecify.annotations.NullMarked;
