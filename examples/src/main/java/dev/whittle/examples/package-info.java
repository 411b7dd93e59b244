/** Programs that show how to use the libraries. */
@NullMarked
package dev.whittle.examples;

import org.jspecify.annotations.NullMarked;
