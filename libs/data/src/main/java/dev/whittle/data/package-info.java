/**
 * Labeled samples for calibration and evaluation, streamed so that no data set has to fit memory.
 */
@NullMarked
package dev.whittle.data;

import org.jspecify.annotations.NullMarked;
