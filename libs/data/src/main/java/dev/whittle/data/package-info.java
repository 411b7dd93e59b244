/**
 * Samples for calibration, evaluation and training, with or without labels. They are streamed, so
 * that no data set has to fit in memory. May use: {@code dev.whittle.ir}, {@code dev.whittle.npz},
 * {@code dev.whittle.image}.
 */
@NullMarked
package dev.whittle.data;

import org.jspecify.annotations.NullMarked;
