/**
 * Front ends: trained models to graphs. Canonical form and fusing are named rewrite rules. May use:
 * {@code dev.whittle.ir}, {@code dev.whittle.tflite}.
 */
@NullMarked
package dev.whittle.convert;

import org.jspecify.annotations.NullMarked;
