/**
 * Layers of neural networks: convolutions, dense layers, matrix products, pools and normalizations.
 * May use: {@code ir.op.common}, {@code ir.op.reduce} and below.
 */
@NullMarked
package dev.whittle.ir.op.nn;

import org.jspecify.annotations.NullMarked;
