/**
 * Convolutions and dense layers as matrix products (GEMM), with implicit im2col, and Winograd
 * convolutions. May use: {@code runtime.kernel.execution} and below.
 */
@NullMarked
package dev.whittle.runtime.kernel.gemm;

import org.jspecify.annotations.NullMarked;
