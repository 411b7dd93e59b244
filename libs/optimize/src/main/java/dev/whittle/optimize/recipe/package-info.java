/** What is to be done to which part of a model. */
@NullMarked
package dev.whittle.optimize.recipe;

import org.jspecify.annotations.NullMarked;
