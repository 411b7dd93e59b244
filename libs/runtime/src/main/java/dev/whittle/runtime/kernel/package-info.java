/**
 * Kernels that are fast: the Vector API on float arrays, or, where it is missing, loops that the
 * compiler vectorizes. Reference kernels do what these do not.
 */
@NullMarked
package dev.whittle.runtime.kernel;

import org.jspecify.annotations.NullMarked;
