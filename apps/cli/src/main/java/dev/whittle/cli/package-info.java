/**
 * The whittle command: parses options, calls the libraries and prints results. May use: all
 * libraries but train, and picocli.
 */
@NullMarked
package dev.whittle.cli;

import org.jspecify.annotations.NullMarked;
