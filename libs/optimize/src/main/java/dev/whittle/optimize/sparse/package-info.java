/** Fewer different weights: pruning, clustering, and how sparse tensors are stored. */
@NullMarked
package dev.whittle.optimize.sparse;

import org.jspecify.annotations.NullMarked;
