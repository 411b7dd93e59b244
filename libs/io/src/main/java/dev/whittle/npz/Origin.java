package dev.whittle.npz;

import java.nio.file.Path;
import org.jspecify.annotations.Nullable;

/**
 * Where bytes come from, for messages.
 *
 * @param entry the name of the entry in the archive, or null for a file of its own
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
