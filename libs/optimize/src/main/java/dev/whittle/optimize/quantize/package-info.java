/** Post-training quantization of float graphs. */
@NullMarked
package dev.whittle.optimize.quantize;

import org.jspecify.annotations.NullMarked;
