/**
 * The native TensorFlow Lite runtime as an optional engine. The oracle of our tests. May use:
 * {@code dev.whittle.runtime}, JavaCPP's TensorFlow Lite preset.
 */
@NullMarked
package dev.whittle.litert;

import org.jspecify.annotations.NullMarked;
