package dev.whittle.convert.keras;

import java.io.IOException;
import java.io.OutputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Objects;
import java.util.zip.ZipEntry;
import java.util.zip.ZipFile;
import java.util.zip.ZipOutputStream;

/** A {@code .keras} archive that a test takes apart, changes and writes again. */
final class KerasArchive {
  private final Map<String, byte[]> entries = new LinkedHashMap<>();

  static KerasArchive of(String name) throws IOException {
    var archive = new KerasArchive();
    try (var zip = new ZipFile(Path.of("../../quality/testdata/keras", name + ".keras").toFile())) {
      for (ZipEntry entry : zip.stream().map(e -> (ZipEntry) e).toList()) {
        try (var in = zip.getInputStream(entry)) {
          archive.entries.put(entry.getName(), in.readAllBytes());
        }
      }
    }
    return archive;
  }

  KerasArchive replaceInConfig(String text, String by) {
    String config = new String(entry("config.json"), StandardCharsets.UTF_8);
    if (!config.contains(text)) {
      throw new IllegalArgumentException("the configuration lacks " + text + ": " + config);
    }
    return put("config.json", config.replace(text, by).getBytes(StandardCharsets.UTF_8));
  }

  KerasArchive put(String entry, byte[] contents) {
    entries.put(entry, contents);
    return this;
  }

  KerasArchive remove(String entry) {
    entries.remove(entry);
    return this;
  }

  byte[] entry(String name) {
    return Objects.requireNonNull(entries.get(name));
  }

  Path write(Path folder) throws IOException {
    Path file = Files.createTempFile(folder, "changed", ".keras");
    try (OutputStream out = Files.newOutputStream(file);
        var zip = new ZipOutputStream(out)) {
      for (Map.Entry<String, byte[]> entry : entries.entrySet()) {
        zip.putNextEntry(new ZipEntry(entry.getKey()));
        zip.write(entry.getValue());
        zip.closeEntry();
      }
    }
    return file;
  }
}
