/**
 * Rewrite rules and the driver that applies them. May use: the JDK, {@code ir} and the packages
 * below it.
 */
@NullMarked
package dev.whittle.ir.rewrite;

import org.jspecify.annotations.NullMarked;
