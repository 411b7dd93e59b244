/** Example programs. May use: every library of the project, TensorFlow Java. */
@NullMarked
package dev.whittle.examples;

import org.jspecify.annotations.NullMarked;
