/**
 * Reading and writing of {@code .tflite} files. Files are untrusted: every offset is checked before
 * it is followed. May use: {@code ir}, {@code io}, flatbuffers-java.
 */
@NullMarked
package dev.whittle.tflite;

import org.jspecify.annotations.NullMarked;
