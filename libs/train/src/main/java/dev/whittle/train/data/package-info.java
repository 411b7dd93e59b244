/**
 * Synthetic data sets that equal those of scikit-learn and NumPy. May use: {@code
 * dev.whittle.convert.knn}.
 */
@NullMarked
package dev.whittle.train.data;

import org.jspecify.annotations.NullMarked;
