/** Pictures: from the bytes of a file to upright pixels, and to levels of any size. */
@NullMarked
package dev.whittle.picture;

import org.jspecify.annotations.NullMarked;
