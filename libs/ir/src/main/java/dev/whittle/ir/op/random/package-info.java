/** Random numbers, by the generator of TensorFlow Lite. May use: {@code ir.op.common} and below. */
@NullMarked
package dev.whittle.ir.op.random;

import org.jspecify.annotations.NullMarked;
