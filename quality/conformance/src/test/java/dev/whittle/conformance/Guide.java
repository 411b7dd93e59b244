package dev.whittle.conformance;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Collectors;

/**
 * The Java sources that docs/adding-an-operator.md describes: new files, and files with insertions.
 * The document introduces a block of code by "New file `PATH`:" or "In `PATH`, before `TEXT`:",
 * where TEXT occurs once in the file. The block is inserted before the line of TEXT, and its
 * imports after the package declaration.
 */
final class Guide {
  private static final Pattern BLOCK =
      Pattern.compile(
          "(?:New file `([^`]+)`|In\\s`([^`]+)`,\\sbefore\\s`([^`]+)`):\n\n```java\n(.*?)```\n",
          Pattern.DOTALL);

  private static final Pattern CODE = Pattern.compile("^```java$", Pattern.MULTILINE);

  private Guide() {}

  /**
   * Returns the contents of the new and the edited files, by path.
   *
   * @param root the root folder of the project
   */
  static Map<String, String> sources(Path root) throws IOException {
    String document = Files.readString(root.resolve("docs/adding-an-operator.md"));
    Map<String, String> sources = new LinkedHashMap<>();
    int blocks = 0;
    for (Matcher block = BLOCK.matcher(document); block.find(); blocks++) {
      String code = block.group(4);
      if (block.group(1) != null) {
        sources.put(block.group(1), code);
        continue;
      }
      String path = block.group(2);
      if (!sources.containsKey(path)) {
        sources.put(path, Files.readString(root.resolve(path)));
      }
      sources.computeIfPresent(path, (p, source) -> insert(p, source, block.group(3), code));
    }
    if (blocks != CODE.matcher(document).results().count()) {
      throw new IllegalStateException(
          "a block of Java is not introduced by \"New file `PATH`:\" or \"In `PATH`, before"
              + " `TEXT`:\"");
    }
    return sources;
  }

  private static String insert(String path, String source, String text, String code) {
    int found = source.indexOf(text);
    if (found < 0 || source.indexOf(text, found + 1) >= 0) {
      throw new IllegalStateException(
          "%s has %s `%s`; expected one".formatted(path, found < 0 ? "no" : "several", text));
    }
    int line = source.lastIndexOf('\n', found) + 1;
    String imports =
        code.lines()
            .filter(l -> l.startsWith("import "))
            .collect(Collectors.joining("\n", "\n", "\n"));
    String rest =
        code.lines()
            .filter(l -> !l.startsWith("import "))
            .collect(Collectors.joining("\n", "", "\n"));
    String inserted = source.substring(0, line) + rest + source.substring(line);
    int end = inserted.indexOf(";\n") + 1;
    return inserted.substring(0, end) + imports + inserted.substring(end);
  }
}
