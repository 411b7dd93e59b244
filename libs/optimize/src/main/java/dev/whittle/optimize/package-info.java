/** Makes existing graphs small: post-training quantization by recipe, pruning, clustering. */
@NullMarked
package dev.whittle.optimize;

import org.jspecify.annotations.NullMarked;
