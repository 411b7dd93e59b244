/** JSON documents: objects that know their place in a file when read, and a generator to write. */
@NullMarked
package dev.whittle.json;

import org.jspecify.annotations.NullMarked;
