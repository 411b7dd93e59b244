/**
 * The commands that need TensorFlow, in a module of their own, so that the others start without it.
 * May use: cli, cli.option, train and the libraries that these use, picocli.
 */
@NullMarked
package dev.whittle.cli.train;

import org.jspecify.annotations.NullMarked;
