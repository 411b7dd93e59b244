/**
 * Reading and writing {@code .tflite} files. The flatbuffer is read lazily and with every offset
 * checked. May use: {@code dev.whittle.ir}, flatbuffers-java.
 */
@NullMarked
package dev.whittle.tflite;

import org.jspecify.annotations.NullMarked;
