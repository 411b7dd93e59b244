/** The geometry of windows that slide over images and 3-D inputs. May use: {@code ir}. */
@NullMarked
package dev.whittle.runtime.kernel.geometry;

import org.jspecify.annotations.NullMarked;
