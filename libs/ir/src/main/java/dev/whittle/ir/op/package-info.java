/**
 * The operators, one file each: attributes, shape inference, reference kernels and the codec of
 * their options. {@link dev.whittle.ir.op.OpCatalog} lists them. May use: the JDK, {@code
 * dev.whittle.ir}, {@code dev.whittle.ir.kernel}.
 */
@NullMarked
package dev.whittle.ir.op;

import org.jspecify.annotations.NullMarked;
