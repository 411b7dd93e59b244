/** Which layer of a quantized model costs accuracy, and which recipe gets it back. */
@NullMarked
package dev.whittle.evaluate.doctor;

import org.jspecify.annotations.NullMarked;
