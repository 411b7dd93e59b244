/**
 * Tensors: element types, shapes, quantization parameters, sparse layouts, constants and the memory
 * of computed values. May use: the JDK.
 */
@NullMarked
package dev.whittle.ir.tensor;

import org.jspecify.annotations.NullMarked;
