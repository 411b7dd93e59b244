package dev.whittle.cli;

import java.io.EOFException;
import java.io.IOException;
import java.net.BindException;
import java.net.UnknownHostException;
import java.nio.charset.CharacterCodingException;
import java.nio.file.AccessDeniedException;
import java.nio.file.DirectoryNotEmptyException;
import java.nio.file.FileAlreadyExistsException;
import java.nio.file.FileSystemException;
import java.nio.file.NoSuchFileException;
import java.nio.file.NotDirectoryException;
import java.util.zip.ZipException;

/** Messages for errors of input and output, in place of those of the Java library. */
final class FileErrors {
  private FileErrors() {}

  static String message(IOException e) {
    String text = String.valueOf(e.getMessage());
    return switch (e) {
      case NoSuchFileException missing ->
          missing.getFile()
              + ": there is no such file"
              + (missing.getReason() == null ? "" : "; " + missing.getReason());
      case AccessDeniedException denied -> denied.getFile() + ": permission denied";
      case NotDirectoryException file -> file.getFile() + ": is not a folder";
      case DirectoryNotEmptyException folder ->
          folder.getFile() + ": is a folder that is not empty";
      case FileAlreadyExistsException existing -> existing.getFile() + ": exists already";
      case FileSystemException other ->
          other.getFile() + ": " + (other.getReason() == null ? "failed" : other.getReason());
      case EOFException end -> "a file ends early: it is truncated";
      case ZipException zip -> "a zip archive is damaged: " + text;
      case CharacterCodingException coding -> "a text file is not in UTF-8";
      case BindException bind -> "cannot listen at the address: " + text;
      case UnknownHostException host -> "unknown host " + text;
      default -> text.equals("Is a directory") ? "found a folder; expected a file" : text;
    };
  }
}
