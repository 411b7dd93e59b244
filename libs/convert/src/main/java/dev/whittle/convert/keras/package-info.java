/** Keras models to graphs: the walk over layers, and what each layer becomes. */
@NullMarked
package dev.whittle.convert.keras;

import org.jspecify.annotations.NullMarked;
