import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.util.List;
import java.util.Locale;
import java.util.regex.Pattern;
import java.util.zip.ZipEntry;
import java.util.zip.ZipFile;

/**
 * Copies the license texts and notices that third parties' jars carry to {@code licenses/JAR/}.
 * Usage: {@code CollectLicenses DISTRIBUTION}, the folder that holds the jars below {@code lib}.
 */
public final class CollectLicenses {
  /** A file or folder of that name anywhere in the jar, but no class, source or binary. */
  private static final Pattern TEXT =
      Pattern.compile(
          ".*(?:licen[sc]e|notice|copying|third.?party)[^/.]*(?:\\.(?:txt|md|html))?(?:/[^/]+)*");

  public static void main(String[] args) throws IOException {
    Path distribution = Path.of(args[0]);
    List<Path> jars;
    try (var walk = Files.walk(distribution.resolve("lib"))) {
      jars =
          walk.filter(p -> p.toString().endsWith(".jar"))
              .filter(p -> !p.getFileName().toString().startsWith("whittle-"))
              .sorted()
              .toList();
    }
    for (Path jar : jars) {
      collect(jar, distribution.resolve("licenses"));
    }
  }

  private static void collect(Path jar, Path licenses) throws IOException {
    Path folder = licenses.resolve(jar.getFileName().toString().replaceFirst("\\.jar$", ""));
    try (var zip = new ZipFile(jar.toFile())) {
      for (ZipEntry entry : zip.stream().filter(CollectLicenses::isText).toList()) {
        // One folder for a jar: names of entries must not lead out of it.
        String name = entry.getName().replaceFirst("^META-INF/", "").replace('/', '-');
        Files.createDirectories(folder);
        try (InputStream text = zip.getInputStream(entry)) {
          Files.copy(text, folder.resolve(name), StandardCopyOption.REPLACE_EXISTING);
        }
      }
    }
  }

  private static boolean isText(ZipEntry entry) {
    String name = entry.getName().toLowerCase(Locale.ROOT);
    return !entry.isDirectory() && !name.endsWith(".class") && TEXT.matcher(name).matches();
  }
}
