/**
 * Models as immutable records: graphs of TensorFlow Lite operators, with shape inference and
 * checks. May use: the JDK, {@code ir.kernel}, {@code ir.tensor}.
 */
@NullMarked
package dev.whittle.ir;

import org.jspecify.annotations.NullMarked;
