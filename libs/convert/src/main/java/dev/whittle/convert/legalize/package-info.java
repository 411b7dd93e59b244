/** Rewrites of nodes for which no kernel exists into nodes for which one does. */
@NullMarked
package dev.whittle.convert.legalize;

import org.jspecify.annotations.NullMarked;
