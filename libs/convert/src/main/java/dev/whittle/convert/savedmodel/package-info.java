/**
 * SavedModels: their files, their functions, and what TensorFlow's operations become.
 *
 * <p>A lowering reads each attribute that matters. One that it neither reads nor ignores by
 * declaration is refused unless it has its default; see {@link
 * dev.whittle.convert.savedmodel.OperationAttributes}.
 */
@NullMarked
package dev.whittle.convert.savedmodel;

import org.jspecify.annotations.NullMarked;
