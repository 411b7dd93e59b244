/** The geometry of windows that slide over images and volumes. May use: {@code ir}. */
@NullMarked
package dev.whittle.runtime.kernel.geometry;

import org.jspecify.annotations.NullMarked;
