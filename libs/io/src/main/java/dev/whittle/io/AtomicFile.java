package dev.whittle.io;

import java.io.IOException;
import java.io.OutputStream;
import java.nio.channels.Channels;
import java.nio.channels.FileChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.AccessDeniedException;
import java.nio.file.FileSystemException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import java.util.UUID;

/** Atomic file writing: a temporary file in the same folder, renamed when it is complete. */
public final class AtomicFile {
  /** A writer of a file's contents. */
  @FunctionalInterface
  public interface Contents {
    /** Writes the contents; it need not close the stream. */
    void writeTo(OutputStream out) throws IOException;
  }

  private AtomicFile() {}

  /**
   * Creates or replaces a file. If anything fails, an existing file stays unchanged, and no
   * temporary file remains. If the path is a symbolic link, its target is replaced.
   *
   * @throws IOException if the file cannot be written; the message names the path and the reason
   */
  public static void write(Path path, Contents contents) throws IOException {
    Path target = Files.isSymbolicLink(path) ? path.toRealPath() : path.toAbsolutePath();
    Path folder = checkTarget(path, target);
    // Files.createTempFile would make the file unreadable for other users.
    Path temporary = folder.resolve(".whittle-" + UUID.randomUUID() + ".tmp");
    FileChannel channel = create(path, temporary);
    try {
      try (channel) {
        contents.writeTo(Channels.newOutputStream(channel));
        channel.force(true);
      }
      Files.move(
          temporary, target, StandardCopyOption.ATOMIC_MOVE, StandardCopyOption.REPLACE_EXISTING);
    } finally {
      Files.deleteIfExists(temporary);
    }
  }

  /** Creates or replaces a file with a text in UTF-8, as {@link #write} does. */
  public static void writeText(Path path, String text) throws IOException {
    byte[] bytes = text.getBytes(StandardCharsets.UTF_8);
    write(path, out -> out.write(bytes));
  }

  private static Path checkTarget(Path path, Path target) throws IOException {
    if (Files.isDirectory(target)) {
      throw cannotWrite(path, "it is a folder");
    }
    if (Files.exists(target) && !Files.isRegularFile(target)) {
      throw cannotWrite(path, "it exists and is not a regular file");
    }
    if (Files.exists(target) && !Files.isWritable(target)) {
      throw cannotWrite(path, "it is write-protected");
    }
    Path folder = target.getParent();
    if (folder == null || !Files.isDirectory(folder)) {
      throw cannotWrite(path, "there is no folder " + folder);
    }
    return folder;
  }

  private static FileChannel create(Path path, Path temporary) throws IOException {
    try {
      return FileChannel.open(temporary, StandardOpenOption.CREATE_NEW, StandardOpenOption.WRITE);
    } catch (FileSystemException e) {
      String stated = e.getReason() == null ? "it refuses" : e.getReason();
      String reason = e instanceof AccessDeniedException ? "permission denied" : stated;
      throw new IOException(
          "cannot write " + path + ": no file can be created in its folder (" + reason + ")", e);
    }
  }

  private static IOException cannotWrite(Path path, String reason) {
    return new IOException("cannot write " + path + ": " + reason);
  }
}
