package dev.whittle.architecture;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.regex.MatchResult;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * The packages of the published modules, and the packages that their sources import. Imports that
 * only comments use do not count.
 */
final class SourcePackages {
  private static final List<Path> FOLDERS = List.of(Path.of("../../libs"), Path.of("../../apps"));
  private static final String SOURCES = "/src/main/java/";
  private static final Pattern PACKAGE = Pattern.compile("^package ([\\w.]+);", Pattern.MULTILINE);

  /** An import of a type or of its member, with groups for the package and the imported name. */
  private static final Pattern IMPORT =
      Pattern.compile(
          "^import (?:static )?(dev\\.whittle(?:\\.[a-z]\\w*)*)\\.(?:\\w+\\.)*(\\w+);",
          Pattern.MULTILINE);

  private static final Pattern COMMENT = Pattern.compile("(?s)/\\*.*?\\*/|//[^\n]*");

  private SourcePackages() {}

  /** Returns the imported packages of each package that has types. */
  static Map<String, Set<String>> read() throws IOException {
    Map<String, Set<String>> imports = new TreeMap<>();
    for (Path folder : FOLDERS) {
      try (var files = Files.walk(folder)) {
        for (Path file : files.filter(SourcePackages::isSource).toList()) {
          String text = COMMENT.matcher(Files.readString(file)).replaceAll("");
          Matcher declared = PACKAGE.matcher(text);
          if (!declared.find()) {
            throw new IllegalStateException(file + " has no package declaration");
          }
          Set<String> imported = imports.computeIfAbsent(declared.group(1), p -> new TreeSet<>());
          String code = IMPORT.matcher(text).replaceAll("");
          for (MatchResult match : IMPORT.matcher(text).results().toList()) {
            if (Pattern.compile("\\b" + match.group(2) + "\\b").matcher(code).find()) {
              imported.add(match.group(1));
            }
          }
        }
      }
    }
    imports.forEach((name, imported) -> imported.remove(name));
    return imports;
  }

  private static boolean isSource(Path file) {
    String path = file.toString().replace('\\', '/');
    return path.contains(SOURCES)
        && path.endsWith(".java")
        && !path.endsWith("/package-info.java")
        && !path.endsWith("/module-info.java");
  }

  /**
   * Returns the packages of one cycle, the first one repeated at the end; empty if there is none.
   */
  static List<String> cycle(Map<String, Set<String>> imports) {
    Set<String> finished = new HashSet<>();
    for (String start : imports.keySet()) {
      List<String> cycle = cycle(imports, start, new ArrayList<>(), finished);
      if (!cycle.isEmpty()) {
        return cycle;
      }
    }
    return List.of();
  }

  private static List<String> cycle(
      Map<String, Set<String>> imports, String name, List<String> path, Set<String> finished) {
    if (path.contains(name)) {
      List<String> cycle = new ArrayList<>(path.subList(path.indexOf(name), path.size()));
      cycle.add(name);
      return cycle;
    }
    if (finished.contains(name)) {
      return List.of();
    }
    path.add(name);
    for (String imported : imports.getOrDefault(name, Set.of())) {
      List<String> cycle = cycle(imports, imported, path, finished);
      if (!cycle.isEmpty()) {
        return cycle;
      }
    }
    path.removeLast();
    finished.add(name);
    return List.of();
  }
}
