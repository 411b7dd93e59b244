import com.google.googlejavaformat.java.Formatter;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;

/**
 * A launcher of google-java-format that checks, or with {@code apply} rewrites, every Java source
 * in a folder. The formatter's Maven plugins run it in Maven's JVM, which may be Java 17 and then
 * cannot parse Java 25.
 */
public final class CheckFormat {
  public static void main(String[] args) throws Exception {
    boolean apply = args[0].equals("apply");
    List<Path> sources = new ArrayList<>();
    try (var walk = Files.walk(Path.of(args[1]))) {
      walk.filter(p -> p.toString().endsWith(".java"))
          .filter(p -> !p.toString().contains("/target/"))
          .forEach(sources::add);
    }
    List<Path> wrong = new ArrayList<>();
    var formatter = new Formatter();
    for (Path source : sources) {
      String text = Files.readString(source);
      String formatted;
      try {
        formatted = formatter.formatSourceAndFixImports(text);
      } catch (Exception e) {
        throw new IllegalStateException(source + ": " + e.getMessage(), e);
      }
      if (formatted.equals(text)) {
        continue;
      }
      wrong.add(source);
      if (apply) {
        Files.writeString(source, formatted);
      }
    }
    if (!wrong.isEmpty() && !apply) {
      System.err.println(
          "Not in google-java-format; run mvn -N process-sources -Dformat.mode=apply:");
      wrong.forEach(p -> System.err.println("  " + p));
      System.exit(1);
    }
  }
}
