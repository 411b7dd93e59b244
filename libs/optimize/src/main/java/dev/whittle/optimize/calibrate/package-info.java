/** What the tensors of a model hold for typical inputs, and which range to quantize them to. */
@NullMarked
package dev.whittle.optimize.calibrate;

import org.jspecify.annotations.NullMarked;
