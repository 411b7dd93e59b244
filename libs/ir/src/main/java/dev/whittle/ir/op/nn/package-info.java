/**
 * Layers of neural networks: convolutions, dense layers, matrix products, pooling and
 * normalization. May use: the JDK, {@code ir}, {@code ir.kernel}, {@code ir.op}, {@code
 * ir.op.common}, {@code ir.tensor}.
 */
@NullMarked
package dev.whittle.ir.op.nn;

import org.jspecify.annotations.NullMarked;
