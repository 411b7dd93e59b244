package dev.whittle.npz;

import java.io.IOException;
import java.nio.file.Path;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * A {@code .npy} or {@code .npz} file is broken, contradicts itself, or holds what this module does
 * not read, such as pickled Python objects. The message names the file, the place and the reason.
 */
public final class MalformedNpzException extends IOException {
  private static final long serialVersionUID = 1L;

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
   * Text from a file, fit for a message: quoted, cut to a sensible length, control characters
   * replaced, so that a file cannot command the terminal that shows the message.
   */
  static String printable(String text) {
    var shown = new StringBuilder("'");
    text.codePoints()
        .limit(100)
        .map(c -> Character.isISOControl(c) || !Character.isDefined(c) ? '?' : c)
        .forEach(shown::appendCodePoint);
    return shown.append(text.codePointCount(0, text.length()) > 100 ? "...'" : "'").toString();
  }

  /** The file that could not be read, as it was given. */
  public Path file() {
    return Path.of(file);
  }

  /** The name of the entry in the archive; empty for a {@code .npy} file or the archive itself. */
  public Optional<String> entry() {
    return Optional.ofNullable(entry);
  }

  /** Bytes from the beginning of the uncompressed entry or file; -1 where it has no one place. */
  public long offset() {
    return offset;
  }
}
