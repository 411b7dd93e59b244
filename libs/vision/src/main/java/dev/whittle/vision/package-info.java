/** Classifiers of pictures: from the bytes of a picture to the likeliest labels. */
@NullMarked
package dev.whittle.vision;

import org.jspecify.annotations.NullMarked;
