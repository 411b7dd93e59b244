/**
 * The selectors of fast kernels. May use: the kernel families below, {@code runtime.custom}, {@code
 * dev.whittle.ir}.
 */
@NullMarked
package dev.whittle.runtime.kernel;

import org.jspecify.annotations.NullMarked;
