/** Turns tables of labeled points into models that classify by their nearest neighbors. */
@NullMarked
package dev.whittle.convert.knn;

import org.jspecify.annotations.NullMarked;
