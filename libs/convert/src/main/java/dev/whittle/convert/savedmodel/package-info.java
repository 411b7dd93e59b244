/** SavedModels: their files, their functions, and what TensorFlow's operations become. */
@NullMarked
package dev.whittle.convert.savedmodel;

import org.jspecify.annotations.NullMarked;
