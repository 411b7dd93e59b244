/**
 * The commands that need TensorFlow, apart from the others so that those start without it. May use:
 * {@code cli}, {@code train}.
 */
@NullMarked
package dev.whittle.cli.train;

import org.jspecify.annotations.NullMarked;
