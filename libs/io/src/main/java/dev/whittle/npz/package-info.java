/**
 * NumPy's {@code .npy} and {@code .npz} files, read as a whole or in ranges of rows, and written.
 * Files are untrusted: sizes are checked before memory is allocated. May use: {@code io}.
 */
@NullMarked
package dev.whittle.npz;

import org.jspecify.annotations.NullMarked;
