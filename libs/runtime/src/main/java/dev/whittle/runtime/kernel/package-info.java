/**
 * The selectors: which fast kernel computes a node, if one does. May use: the kernel families
 * below.
 */
@NullMarked
package dev.whittle.runtime.kernel;

import org.jspecify.annotations.NullMarked;
