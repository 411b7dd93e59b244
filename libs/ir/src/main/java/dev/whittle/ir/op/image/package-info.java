/**
 * Resizing of images and non-maximum suppression. May use: the JDK, {@code ir}, {@code ir.kernel},
 * {@code ir.op.common}, {@code ir.tensor}.
 */
@NullMarked
package dev.whittle.ir.op.image;

import org.jspecify.annotations.NullMarked;
