/**
 * Pruning and clustering of weights, and the encoding of sparse tensors. May use: {@code
 * dev.whittle.ir}.
 */
@NullMarked
package dev.whittle.optimize.sparse;

import org.jspecify.annotations.NullMarked;
