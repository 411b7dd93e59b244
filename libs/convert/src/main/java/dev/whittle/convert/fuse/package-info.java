/** Rewrite rules that make an imported graph smaller and faster; useful to every front end. */
@NullMarked
package dev.whittle.convert.fuse;

import org.jspecify.annotations.NullMarked;
