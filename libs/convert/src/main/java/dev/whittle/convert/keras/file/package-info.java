/** Readers and writers of the files of Keras and TensorFlow.js: configurations and weights. */
@NullMarked
package dev.whittle.convert.keras.file;

import org.jspecify.annotations.NullMarked;
