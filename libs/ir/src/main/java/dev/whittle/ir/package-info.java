/**
 * The one representation of a model: graphs of TensorFlow Lite operators as immutable records, with
 * shape inference, checks and a rewrite driver. Nothing here knows about files. May use: the JDK.
 */
@NullMarked
package dev.whittle.ir;

import org.jspecify.annotations.NullMarked;
