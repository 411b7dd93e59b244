/**
 * The catalog of operators. The operators are in packages by family, one file each: attributes,
 * shape inference, reference kernels and the codec of their options.
 */
@NullMarked
package dev.whittle.ir.op;

import org.jspecify.annotations.NullMarked;
