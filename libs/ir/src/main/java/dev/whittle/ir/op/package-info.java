/**
 * The catalog of operators, and the attributes that operators share. The operators are in packages
 * by family, one file each: attributes, shape inference, reference kernels and the codec of
 * options. May use: the JDK, {@code ir}, {@code ir.kernel}, {@code ir.tensor}.
 */
@NullMarked
package dev.whittle.ir.op;

import org.jspecify.annotations.NullMarked;
