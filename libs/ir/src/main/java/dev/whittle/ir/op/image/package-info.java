/** Resizing of images and selection of boxes. May use: {@code ir.op.common} and below. */
@NullMarked
package dev.whittle.ir.op.image;

import org.jspecify.annotations.NullMarked;
