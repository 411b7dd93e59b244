package dev.whittle.npz;

import java.io.IOException;
import java.nio.file.Path;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * A {@code .npy} or {@code .npz} file that is broken, or that holds elements of an unsupported
 * type, such as pickled Python objects. The message names the file, the entry, the byte offset and
 * the reason.
 */
public final class MalformedNpzException extends IOException {
  private static final long serialVersionUID = 1L;
  private static final int MAX_QUOTED_LENGTH = 100;

  private final String file;
  private final @Nullable String entry;
  private final long offset;

  MalformedNpzException(
      Path file, @Nullable String entry, long offset, String problem, @Nullable Throwable cause) {
    super(message(file, entry, offset, problem), cause);
    this.file = file.toString();
    this.entry = entry;
    this.offset = offset;
  }

  private static String message(Path file, @Nullable String entry, long offset, String problem) {
    var text = new StringBuilder(file.toString());
    if (entry != null) {
      text.append(", entry ").append(printable(entry));
    }
    if (offset >= 0) {
      text.append(", byte ").append(offset);
    }
    return text.append(": ").append(problem).toString();
  }

  /**
   * Returns text from a file for a message: quoted, at most 100 characters, without control
   * characters, so that a file cannot send escape sequences to a terminal.
   */
  static String printable(String text) {
    var quoted = new StringBuilder("'");
    text.codePoints()
        .limit(MAX_QUOTED_LENGTH)
        .map(c -> Character.isISOControl(c) || !Character.isDefined(c) ? '?' : c)
        .forEach(quoted::appendCodePoint);
    boolean isCut = text.codePointCount(0, text.length()) > MAX_QUOTED_LENGTH;
    return quoted.append(isCut ? "...'" : "'").toString();
  }

  /** Returns the path of the file, as the caller gave it. */
  public Path file() {
    return Path.of(file);
  }

  /** Returns the entry's name; empty for a {@code .npy} file or the archive as a whole. */
  public Optional<String> entry() {
    return Optional.ofNullable(entry);
  }

  /**
   * Returns the byte offset of the problem in the uncompressed entry or file; -1 if it has none.
   */
  public long offset() {
    return offset;
  }
}
