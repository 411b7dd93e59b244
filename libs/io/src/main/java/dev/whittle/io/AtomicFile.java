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

/** Writes a file beside its final place and moves it there when complete. */
public final class AtomicFile {
  /** Produces the contents. */
  @FunctionalInterface
  public interface Contents {
    void writeTo(OutputStream out) throws IOException;
  }

  private AtomicFile() {}

  /**
   * Replaces or creates {@code path}. If anything fails, what was there stays as it was and nothing
   * is left beside it. A symbolic link keeps pointing to the file that is replaced.
   *
   * @throws IOException if the path cannot be written, naming it and the reason
   */
  public static void write(Path path, Contents contents) throws IOException {
    Path target = Files.isSymbolicLink(path) ? path.toRealPath() : path.toAbsolutePath();
    Path folder = checkTarget(path, target);
    // The usual functions for temporary files make them unreadable to other users.
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

  /** {@link #write} of a text as UTF-8. */
  public static void writeText(Path path, String text) throws IOException {
    byte[] bytes = text.getBytes(StandardCharsets.UTF_8);
    write(path, out -> out.write(bytes));
  }

  private static Path checkTarget(Path path, Path target) throws IOException {
    if (Files.isDirectory(target)) {
      throw cannotWrite(path, "it is a folder");
    }
    if (Files.exists(target) && !Files.isRegularFile(target)) {
      throw cannotWrite(path, "it is not a regular file");
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
      String stated = e.getReason() == null ? e.getClass().getSimpleName() : e.getReason();
      String reason = e instanceof AccessDeniedException ? "permission denied" : stated;
      throw new IOException(
          "cannot write " + path + ": its folder takes no new files (" + reason + ")", e);
    }
  }

  private static IOException cannotWrite(Path path, String reason) {
    return new IOException("cannot write " + path + ": " + reason);
  }
}
