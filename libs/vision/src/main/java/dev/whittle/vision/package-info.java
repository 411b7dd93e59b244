/**
 * Image classification: how a model takes images, labels, and the classifier that runs the model.
 * May use: ir, image, tflite, runtime.
 */
@NullMarked
package dev.whittle.vision;

import org.jspecify.annotations.NullMarked;
