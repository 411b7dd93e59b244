/**
 * The whittle command. Parses options, calls the libraries and prints; no logic of its own. May
 * use: everything else.
 */
@NullMarked
package dev.whittle.cli;

import org.jspecify.annotations.NullMarked;
