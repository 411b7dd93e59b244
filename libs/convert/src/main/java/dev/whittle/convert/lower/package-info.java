/**
 * The lowerings that front ends share, in terms of graphs only. Each front end adds its own tables:
 * operator names, and how their arguments or attributes are bound to these lowerings.
 */
@NullMarked
package dev.whittle.convert.lower;

import org.jspecify.annotations.NullMarked;
