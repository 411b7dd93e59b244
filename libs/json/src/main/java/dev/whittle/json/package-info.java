/**
 * JSON documents: objects that know their place in a document, and a generator for writing. May
 * use: jackson-core.
 */
@NullMarked
package dev.whittle.json;

import org.jspecify.annotations.NullMarked;
