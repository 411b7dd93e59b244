/**
 * What reference kernels are written with: tensors over memory segments, the invocation they
 * receive, and the fixed-point arithmetic of quantized operators. May use: the JDK, {@code
 * dev.whittle.ir}.
 */
@NullMarked
package dev.whittle.ir.kernel;

import org.jspecify.annotations.NullMarked;
