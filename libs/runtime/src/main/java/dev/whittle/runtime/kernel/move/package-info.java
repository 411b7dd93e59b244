/**
 * Kernels that move elements: copies, concatenation, gathering, resizing. May use: {@code
 * runtime.kernel.execution} and below.
 */
@NullMarked
package dev.whittle.runtime.kernel.move;

import org.jspecify.annotations.NullMarked;
