/**
 * The rules of options: the conditions under which they have an effect, and wrong use. May use:
 * nothing.
 */
@NullMarked
package dev.whittle.cli.option;

import org.jspecify.annotations.NullMarked;
