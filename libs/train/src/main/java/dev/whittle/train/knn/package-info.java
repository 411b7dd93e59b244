/** Classifies by nearest neighbors, with TensorFlow Java and with an exported model. */
@NullMarked
package dev.whittle.train.knn;

import org.jspecify.annotations.NullMarked;
