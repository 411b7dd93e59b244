package dev.whittle.npz;

import java.nio.file.Path;
import org.jspecify.annotations.Nullable;

/**
 * The file that bytes come from, for error messages.
 *
 * @param entry name of the entry in a {@code .npz} archive; null for a {@code .npy} file
 */
record Origin(Path file, @Nullable String entry) {
  static final long NO_OFFSET = -1;

  MalformedNpzException malformed(long offset, String problem) {
    return new MalformedNpzException(file, entry, offset, problem, null);
  }

  MalformedNpzException malformed(long offset, String problem, Throwable cause) {
    return new MalformedNpzException(file, entry, offset, problem, cause);
  }

  @Override
  public String toString() {
    return entry == null
        ? file.toString()
        : file + ", entry " + MalformedNpzException.printable(entry);
  }
}
