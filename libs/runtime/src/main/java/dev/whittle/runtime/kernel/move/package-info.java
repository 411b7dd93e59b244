/**
 * Kernels that move elements: strided copies, concatenation, gathering, scattering and resizing.
 * May use: {@code runtime.kernel.execution} and below.
 */
@NullMarked
package dev.whittle.runtime.kernel.move;

import org.jspecify.annotations.NullMarked;
