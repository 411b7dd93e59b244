/**
 * The experiment with handwritten digits: a small network trained, quantized, pruned and clustered
 * in every way, and what is left of its accuracy.
 */
@NullMarked
package dev.whittle.train.mnist;

import org.jspecify.annotations.NullMarked;
