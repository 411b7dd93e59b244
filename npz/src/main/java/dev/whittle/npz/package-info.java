/**
 * Reading and writing NumPy's {@code .npy} and {@code .npz} files. Treats every file as hostile.
 * May use: {@code dev.whittle.ir}.
 */
@NullMarked
package dev.whittle.npz;

import org.jspecify.annotations.NullMarked;
