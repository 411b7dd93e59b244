/** What Keras and TensorFlow.js write: configurations as trees, weights by name. */
@NullMarked
package dev.whittle.convert.keras.file;

import org.jspecify.annotations.NullMarked;
