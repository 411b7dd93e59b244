/** The vocabulary in which front ends build graphs, whatever they read. */
@NullMarked
package dev.whittle.convert.lower;

import org.jspecify.annotations.NullMarked;
