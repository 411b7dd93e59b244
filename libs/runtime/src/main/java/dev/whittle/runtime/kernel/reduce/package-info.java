/**
 * Reductions, pools, scans, searches, softmax and normalizations. May use: {@code
 * runtime.kernel.gemm} and below.
 */
@NullMarked
package dev.whittle.runtime.kernel.reduce;

import org.jspecify.annotations.NullMarked;
