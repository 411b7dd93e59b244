/**
 * Kernels that are fast: the Vector API on float arrays. Reference kernels do what these do not.
 */
@NullMarked
package dev.whittle.runtime.kernel;

import org.jspecify.annotations.NullMarked;
