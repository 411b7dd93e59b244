/**
 * Named rewrite rules and the one driver that applies them. May use: the JDK, {@code
 * dev.whittle.ir} and its operators.
 */
@NullMarked
package dev.whittle.ir.rewrite;

import org.jspecify.annotations.NullMarked;
