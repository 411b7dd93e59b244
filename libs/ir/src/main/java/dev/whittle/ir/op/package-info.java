/**
 * The catalog of operators, and the attributes that operators share. The operators are in packages
 * by family, one file each: attributes, shape inference, reference kernels and the codec of
 * options.
 */
@NullMarked
package dev.whittle.ir.op;

import org.jspecify.annotations.NullMarked;
