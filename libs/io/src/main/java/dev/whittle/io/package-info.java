/** Writing files whole or not at all. May use: the JDK alone. */
@NullMarked
package dev.whittle.io;

import org.jspecify.annotations.NullMarked;
