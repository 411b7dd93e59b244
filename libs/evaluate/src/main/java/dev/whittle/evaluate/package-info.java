/** Proves models: accuracy, size and latency side by side; which layer lost the accuracy. */
@NullMarked
package dev.whittle.evaluate;

import org.jspecify.annotations.NullMarked;
