/**
 * Tensors and their types: element types, shapes, quantization parameters, constants and the memory
 * of computed values. May use: the JDK.
 */
@NullMarked
package dev.whittle.ir.tensor;

import org.jspecify.annotations.NullMarked;
