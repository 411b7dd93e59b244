/**
 * Reading and writing NumPy's {@code .npy} and {@code .npz} files, whole or in ranges of rows.
 * Treats every file as hostile: sizes are checked before memory is taken. May use: {@code io}.
 */
@NullMarked
package dev.whittle.npz;

import org.jspecify.annotations.NullMarked;
