/** Atomic file writing. May use: the JDK only. */
@NullMarked
package dev.whittle.io;

import org.jspecify.annotations.NullMarked;
