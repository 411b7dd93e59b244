/** Data sets, made exactly as the tools that published experiments used make them. */
@NullMarked
package dev.whittle.train.data;

import org.jspecify.annotations.NullMarked;
